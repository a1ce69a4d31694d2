import json
from datetime import datetime
from enum import Enum
from typing import Annotated
from uuid import UUID

from fastapi import Depends, FastAPI, Form, Header, Request

app = FastAPI()
RATES = {"eur": 1.0, "usd": 1.1}


class Colour(Enum):
    RED = "red"


def tenant(x_tenant: Annotated[str, Header()]) -> UUID:
    return UUID(x_tenant)


@app.get("/paint")
def paint(tenant: Annotated[UUID, Depends(tenant)], colour: str) -> Colour:
    return Colour(colour)


@app.get("/rates/{currency}")
def rate(currency: str) -> float:
    return RATES[currency.lower()]


@app.post("/shapes")
def shape(outline: Annotated[str, Form()]) -> int:
    return len(json.loads(outline))


@app.get("/orders")
def orders(ids: str, since: str | None = None) -> list[int]:
    after = datetime.fromisoformat(since) if since else None
    return [int(part) for part in ids.split(",") if after is None]


@app.get("/page")
def page(request: Request) -> int:
    return int(request.query_params.get("page", "1"))
