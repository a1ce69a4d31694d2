from fastapi import FastAPI
from fastapi.middleware import Middleware
from fastapi.middleware.gzip import GZipMiddleware
from pydantic import BaseModel

app = FastAPI(middleware=[Middleware(GZipMiddleware, minimum_size=1000)])


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

