from aiocache import cached
from async_lru import alru_cache
from fastapi import FastAPI

app = FastAPI()


@alru_cache
async def one() -> int:
    return 1


@cached(ttl=10)
async def two() -> int:
    return 2


@app.get("/sum")
async def total() -> int:
    return await one() + await two()
