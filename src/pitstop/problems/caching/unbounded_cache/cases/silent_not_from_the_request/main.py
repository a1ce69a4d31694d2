from functools import cache, lru_cache

from fastapi import FastAPI

app = FastAPI()


@cache
def rate(currency: str) -> int:
    return len(currency)


@app.get("/rates")
def rates(q: str) -> list[int]:
    return [rate(currency) for currency in ("EUR", "USD")]
