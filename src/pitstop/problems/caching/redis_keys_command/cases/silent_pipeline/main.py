import redis.asyncio as redis
from fastapi import FastAPI

app = FastAPI()
cache = redis.Redis(host="cache")


@app.get("/prices")
async def prices(ids: str) -> list[str]:
    pipe = cache.pipeline()
    for key in ids.split(","):
        pipe.get(f"price:{key}")
    return await pipe.execute()
