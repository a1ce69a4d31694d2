from app.shop import Shop
from fastapi import FastAPI

app = FastAPI()
shop = Shop()


@app.get("/prices/{currency}")
async def price(currency: str) -> float:
    return await shop.price(currency)
