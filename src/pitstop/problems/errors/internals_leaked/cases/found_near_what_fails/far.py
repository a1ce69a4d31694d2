from fastapi import APIRouter, HTTPException
from goods import sorted_rows

router = APIRouter()


@router.get("/far")
def far():
    try:
        return sorted_rows()
    except Exception as error:
        raise HTTPException(status_code=500, detail=str(error)) from error
