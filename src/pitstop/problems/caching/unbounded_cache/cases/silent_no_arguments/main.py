from functools import cache, lru_cache

from fastapi import FastAPI

app = FastAPI()


@cache
def settings() -> dict[str, str]:
    return {"a": "b"}


@app.get("/settings")
def read() -> dict[str, str]:
    return settings()
