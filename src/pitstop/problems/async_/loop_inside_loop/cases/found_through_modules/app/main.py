from fastapi import Depends, FastAPI

from app.prices import Prices

app = FastAPI()


@app.get("/price/{currency}")
async def price(currency: str, amount: float, prices: Prices = Depends()) -> float:
    return prices.convert(amount, currency)
