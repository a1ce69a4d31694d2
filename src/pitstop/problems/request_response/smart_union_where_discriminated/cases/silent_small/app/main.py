from fastapi import FastAPI
from pydantic import BaseModel

from app.models import Card, Cash, Transfer, Voucher

app = FastAPI()


class Order(BaseModel):
    payments: list[Card | Cash]


class Internal(BaseModel):
    payments: list[Card | Cash | Transfer]


@app.post("/orders")
async def create(order: Order) -> Card | Transfer | Cash | Voucher:
    return Cash(method="cash")


def work(internal: Internal) -> int:
    return len(internal.payments)
