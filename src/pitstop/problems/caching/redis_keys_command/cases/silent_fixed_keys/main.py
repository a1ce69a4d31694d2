import redis.asyncio as redis
from fastapi import FastAPI

app = FastAPI()
cache = redis.Redis(host="cache")


@app.get("/totals")
async def totals() -> list[str]:
    return [await cache.get(name) for name in ("hits", "misses")]
