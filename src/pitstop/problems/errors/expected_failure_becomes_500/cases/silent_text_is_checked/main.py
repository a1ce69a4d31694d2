import base64
import binascii
import json
from contextlib import suppress
from datetime import datetime
from enum import Enum
from typing import Annotated, Literal
from uuid import UUID

from fastapi import FastAPI, HTTPException, Query

app = FastAPI()
RATES = {"eur": 1.0, "usd": 1.1}


class Colour(Enum):
    RED = "red"


def read(text: str) -> datetime:
    try:
        return datetime.fromisoformat(text)
    except ValueError as error:
        raise HTTPException(status_code=422) from error


@app.get("/days/{day}")
def day(day: str) -> datetime:
    return read(day)


@app.get("/orders/{key}")
def order(key: str) -> int:
    if not key.isdigit():
        raise HTTPException(status_code=404)
    return int(key)


@app.get("/rates/{currency}")
def rate(currency: Literal["eur", "usd"], other: str) -> float:
    return RATES[currency] * (RATES[other] if other in RATES else 1)


@app.get("/paint/{colour}")
def paint(colour: Colour, strength: Annotated[str, Query(pattern="^[0-9]+$")]) -> int:
    return int(strength) if colour else 0


@app.get("/shapes")
def shape(outline: str, owner: str) -> int:
    with suppress(ValueError):
        return len(json.loads(outline))
    check_owner(owner)
    return UUID(owner).int


def check_owner(owner: str) -> None:
    try:
        UUID(owner)
    except ValueError:
        raise HTTPException(status_code=422) from None


@app.get("/images/{code}")
def image(code: str) -> int:
    try:
        return len(base64.b64decode(code))
    except binascii.Error:
        raise HTTPException(status_code=422) from None


@app.get("/pictures/{filename}")
def picture(filename: str) -> int:
    number = filename.split(".")[0]
    if not number.isdigit():
        raise HTTPException(status_code=404)
    return int(number)


@app.get("/sums/{numbers}")
def sums(numbers: str) -> int:
    return sum([int(each) for each in numbers.split(",") if each.isdigit()])
