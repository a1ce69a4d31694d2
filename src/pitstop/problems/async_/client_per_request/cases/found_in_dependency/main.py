from collections.abc import AsyncIterator
from typing import Annotated

import redis.asyncio as redis
from fastapi import Depends, FastAPI

app = FastAPI()


async def cache() -> AsyncIterator[redis.Redis]:
    client = redis.Redis(host="cache")
    yield client
    await client.aclose()


@app.get("/hits")
async def hits(client: Annotated[redis.Redis, Depends(cache)]) -> int:
    return await client.incr("hits")
