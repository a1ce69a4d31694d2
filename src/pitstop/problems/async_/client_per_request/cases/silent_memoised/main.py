from functools import cache
from typing import Annotated

import httpx
from fastapi import Depends, FastAPI

app = FastAPI()


@cache
def client() -> httpx.AsyncClient:
    return httpx.AsyncClient()


@app.get("/")
async def root(http: Annotated[httpx.AsyncClient, Depends(client)]) -> str:
    return (await http.get("https://pages.example")).text
