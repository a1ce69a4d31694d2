from fastapi import FastAPI
from fastapi.middleware.gzip import GZipMiddleware
from pydantic import BaseModel

app = FastAPI()
root = FastAPI()
root.add_middleware(GZipMiddleware)
root.mount("/api", app)


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

