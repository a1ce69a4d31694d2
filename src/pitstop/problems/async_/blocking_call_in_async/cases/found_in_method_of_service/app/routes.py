from typing import Annotated

from fastapi import APIRouter, Depends

from app.service import Rates

router = APIRouter()


@router.get("/rate")
async def rate(rates: Annotated[Rates, Depends()]) -> float:
    return await rates.of("EUR")
