from fastapi import APIRouter

from app import orders

router = APIRouter()


@router.get("/orders/{number}/copy")
def copy(number: int) -> int:
    return orders.replaced(number)
