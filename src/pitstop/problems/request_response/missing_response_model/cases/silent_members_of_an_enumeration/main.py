from enum import IntEnum

from fastapi import FastAPI
from pydantic import BaseModel

app = FastAPI()


class Size(IntEnum):
    small = 1
    large = 2


class Choice(BaseModel):
    name: str
    value: int


@app.get("/sizes")
def sizes():
    return {"sizes": [Choice(name=size.name, value=size) for size in Size]}
