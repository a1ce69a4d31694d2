from fastapi import FastAPI

from app.service import converted

app = FastAPI()


@app.get("/price/{currency}")
async def price(currency: str, amount: float) -> float:
    return await converted(amount, currency)
