from fastapi import APIRouter

router = APIRouter()


@router.get("/weather")
def weather() -> str:
    return "rain"
