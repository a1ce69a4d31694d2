from functools import lru_cache

import requests
from fastapi import FastAPI

app = FastAPI()


@lru_cache
def keys() -> dict[str, str]:
    return requests.get("https://login.example/keys", timeout=5).json()


@app.get("/")
async def root() -> str:
    return keys()["now"]
