from fastapi import FastAPI
from pydantic import BaseModel

app = FastAPI()


class Point(BaseModel):
    x: int


def some() -> list[Point]:
    return [Point(x=1)]


@app.get("/points")
async def points() -> list[Point]:
    return some()
