from fastapi import Depends, FastAPI

from app.repository import Prices

app = FastAPI()


@app.get("/prices/{sku}")
async def price(sku: str, prices: Prices = Depends(Prices)) -> int:
    return await prices.of(sku)
