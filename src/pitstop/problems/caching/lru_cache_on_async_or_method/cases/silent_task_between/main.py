import asyncio
from functools import lru_cache, wraps

from fastapi import FastAPI

app = FastAPI()


def as_task(function):
    @wraps(function)
    def started(*given):
        return asyncio.ensure_future(function(*given))

    return started


@lru_cache
@as_task
async def limit() -> int:
    return 3


@app.get("/limit")
async def show() -> int:
    return await limit()
