from fastapi import FastAPI
from pydantic import BaseModel

app = FastAPI()


class Item(BaseModel):
    name: str
    tags: list[str]


@app.get("/item")
def item() -> Item:
    return Item(name="nut", tags=[])


@app.get("/names")
def names() -> list[str]:
    return []


@app.get("/total")
def total() -> int:
    return 0


@app.get("/numbers")
def numbers() -> list[int]:
    return []
