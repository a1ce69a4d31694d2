from fastapi import APIRouter, HTTPException


router = APIRouter()


@router.get("/disk")
def disk():
    try:
        with open("goods.txt") as file:
            return file.read()
    except Exception as error:
        raise HTTPException(status_code=500, detail=str(error)) from error
