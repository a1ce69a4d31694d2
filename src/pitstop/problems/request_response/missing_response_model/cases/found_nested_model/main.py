from fastapi import FastAPI
from pydantic import BaseModel

app = FastAPI()


class Point(BaseModel):
    x: int


class Line(BaseModel):
    points: list[Point]


@app.get("/line")
def line():
    return Line(points=[Point(x=1)])
