from typing import Annotated, Union

from fastapi import Body, FastAPI
from pydantic import BaseModel, Discriminator, Field

from app.models import Card, Cash, Transfer

app = FastAPI()
Payment = Annotated[Card | Transfer | Cash, Discriminator("method")]
Bare = Card | Transfer | Cash
Told = Annotated[Bare, Field(discriminator="method")]


class Order(BaseModel):
    payments: list[Payment]
    refunds: list[Told]
    first: Union[Card, Transfer, Cash] = Field(discriminator="method")
    ordered: list[Annotated[Card | Transfer | Cash, Field(union_mode="left_to_right")]]


@app.post("/orders")
async def create(order: Order) -> int:
    return len(order.payments)


@app.put("/payment")
async def pay(payment: Card | Transfer | Cash = Body(discriminator="method")) -> None:
    return None
