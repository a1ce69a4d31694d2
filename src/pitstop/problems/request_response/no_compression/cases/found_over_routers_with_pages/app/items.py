from fastapi import APIRouter

from .models import Item, Page

router = APIRouter()


@router.get("/items", response_model=Page)
def items():
    return Page()


@router.get("/offers")
def offers() -> list[Item]:
    return []
