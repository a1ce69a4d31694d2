from fastapi import APIRouter

from .models import Page

router = APIRouter(prefix="/orders")


@router.get("/")
def orders() -> Page:
    return Page()
