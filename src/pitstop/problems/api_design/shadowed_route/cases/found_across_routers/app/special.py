from fastapi import APIRouter

router = APIRouter()


@router.get("/popular")
def popular() -> list[str]:
    return []


@router.get("/popular/today")
def popular_today() -> list[str]:
    return []
