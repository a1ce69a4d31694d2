from enum import Enum
from functools import cache
from typing import Literal

from fastapi import FastAPI

app = FastAPI()


class Size(Enum):
    small = "s"
    large = "l"


@cache
def box(size: Size, colour: Literal["red", "blue"], lid: bool, template: str) -> str:
    return f"{size} {colour} {lid} {template}"


@app.get("/boxes")
def boxes(size: Size, colour: Literal["red", "blue"], lid: bool, template: str) -> str:
    return box(size, colour, lid, template)
