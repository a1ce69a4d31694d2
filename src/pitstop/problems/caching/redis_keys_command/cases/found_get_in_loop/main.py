import redis.asyncio as redis
from fastapi import FastAPI

app = FastAPI()
cache = redis.Redis(host="cache")


@app.get("/prices")
async def prices(ids: str) -> list[str]:
    return [await cache.get(f"price:{key}") for key in ids.split(",")]
