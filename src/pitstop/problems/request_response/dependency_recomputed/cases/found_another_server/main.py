from typing import Annotated

import httpx
from fastapi import Depends, FastAPI

app = FastAPI()


async def rates(currency: str = "") -> dict:
    async with httpx.AsyncClient() as client:
        if currency:
            return (await client.get(f"https://rates.example/{currency}")).json()
    return {}


async def fee(rates: Annotated[dict, Depends(rates)]) -> float:
    return rates["fee"]


@app.get("/price")
async def price(fee: Annotated[float, Depends(fee)], rates: dict = Depends(rates, use_cache=False)) -> float:
    return fee + rates["price"]
