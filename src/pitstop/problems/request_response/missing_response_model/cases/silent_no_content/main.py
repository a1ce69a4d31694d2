from fastapi import FastAPI
from pydantic import BaseModel

app = FastAPI()


class Point(BaseModel):
    x: int


def some() -> list[Point]:
    return [Point(x=1)]


@app.delete("/points", status_code=204)
async def clear():
    return None
