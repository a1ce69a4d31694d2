from enum import Enum
from typing import Generic, Literal, TypeVar, Union

from fastapi import Body, FastAPI
from pydantic import BaseModel

from app.models import Card, Cash, Transfer, Voucher

app = FastAPI()
T = TypeVar("T")


class Kind(str, Enum):
    WAIT = "wait"
    CALL = "call"
    STOP = "stop"


class Step(BaseModel):
    kind: Kind


class Wait(Step):
    kind: Literal[Kind.WAIT] = Kind.WAIT
    seconds: float


class Call(Step):
    kind: Literal[Kind.CALL] = Kind.CALL
    url: str


class Stop(Step):
    kind: Literal[Kind.STOP] = Kind.STOP


class Plan(BaseModel):
    steps: list[Wait | Call | Stop]


class Page(BaseModel, Generic[T]):
    items: list[T]


@app.get("/payments", response_model=Page[Union[Card, Transfer, Cash, Voucher]])
async def payments():
    return {"items": [{"method": "cash"}]}


@app.put("/payment")
async def pay(payment: Card | Transfer | Cash | None = Body(None)) -> None:
    return None


@app.post("/plans")
async def plan(plan: Plan) -> int:
    return len(plan.steps)
