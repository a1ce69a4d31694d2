from typing import Literal

from fastapi import FastAPI
from pydantic import BaseModel

app = FastAPI()


class Point(BaseModel):
    x: float


class Line(BaseModel):
    kind: Literal["line"]
    length: float


class Arc(BaseModel):
    type: Literal["arc"]
    radius: float


class OldLine(BaseModel):
    kind: Literal["line"]
    size: float


class Circle(BaseModel):
    kind: Literal["circle"]


class Drawing(BaseModel):
    shapes: list[Point | Line | Circle]
    others: list[Line | Arc | Circle]
    lines: list[Line | OldLine | Circle]
    mixed: list[Line | Circle | str]


@app.post("/drawings")
async def draw(drawing: Drawing) -> int:
    return len(drawing.shapes)
