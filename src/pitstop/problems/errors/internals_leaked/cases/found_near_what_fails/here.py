from fastapi import APIRouter, HTTPException
import httpx

router = APIRouter()


@router.get("/here")
def here():
    try:
        return httpx.get("http://prices.internal/today").text
    except Exception as error:
        raise HTTPException(status_code=500, detail=str(error)) from error
