from fastapi import FastAPI
from pydantic import BaseModel

import setup

app = FastAPI()
setup.install(app)


class Item(BaseModel):
    name: str


@app.get("/items")
def items() -> list[Item]:
    return []


@app.get("/offers")
def offers() -> list[Item]:
    return []


@app.get("/archive")
def archive() -> list[Item]:
    return []

