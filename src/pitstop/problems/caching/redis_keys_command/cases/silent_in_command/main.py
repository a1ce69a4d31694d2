import redis.asyncio as redis
from fastapi import FastAPI

app = FastAPI()
cache = redis.Redis(host="cache")


async def clean() -> None:
    for key in await cache.keys("tmp:*"):
        await cache.delete(key)


@app.get("/hits")
async def hits() -> int:
    return await cache.incr("hits")
