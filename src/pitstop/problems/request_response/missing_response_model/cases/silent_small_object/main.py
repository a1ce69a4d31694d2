from fastapi import FastAPI
from pydantic import BaseModel

app = FastAPI()


class Point(BaseModel):
    x: int


def some() -> list[Point]:
    return [Point(x=1)]


@app.get("/point")
async def point():
    return Point(x=1)


@app.get("/health")
async def health():
    return {"status": "ok"}
