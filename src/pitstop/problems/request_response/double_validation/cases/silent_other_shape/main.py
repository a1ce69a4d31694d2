from fastapi import FastAPI
from pydantic import BaseModel

app = FastAPI()


class Item(BaseModel):
    name: str


class Priced(BaseModel):
    name: str
    price: float


def stored() -> list[Item]:
    return [Item(name="nut")]


@app.get("/priced")
def priced() -> list[Priced]:
    return [{**item.model_dump(), "price": 1.0} for item in stored()]
