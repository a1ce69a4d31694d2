import os
from functools import lru_cache

import httpx
from fastapi import FastAPI, Request

from app.middleware import Visits

app = FastAPI()
client = httpx.AsyncClient(timeout=2)
if os.environ.get("VISITS"):
    app.add_middleware(Visits)


@app.middleware("http")
async def locate(request: Request, call_next):
    if request.headers.get("x-locate"):
        await client.get("https://geo.example.org")
    keys()
    return await call_next(request)


@lru_cache
def keys() -> str:
    return httpx.get("https://keys.example.org").text


@app.get("/health")
async def health() -> str:
    return "ok"
