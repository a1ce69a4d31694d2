from fastapi import APIRouter, HTTPException
from goods import rows

router = APIRouter()


@router.get("/below")
def below():
    try:
        return rows()
    except Exception as error:
        raise HTTPException(status_code=500, detail=str(error)) from error
