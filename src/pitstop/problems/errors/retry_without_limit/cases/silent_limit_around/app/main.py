import asyncio

from app.shop import Shop
from fastapi import FastAPI

app = FastAPI()
shop = Shop()


@app.get("/prices/{currency}")
async def price(currency: str) -> float:
    async with asyncio.timeout(5):
        return await shop.price(currency)
