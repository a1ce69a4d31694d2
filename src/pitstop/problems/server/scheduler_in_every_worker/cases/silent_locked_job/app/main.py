import httpx
from redis.asyncio import Redis
from fastapi import FastAPI
from fastapi_utils.tasks import repeat_every

app = FastAPI()
redis = Redis()
rates: dict[str, float] = {}


@app.on_event("startup")
@repeat_every(seconds=3600)
async def report() -> None:
    if not await redis.set("report", "1", nx=True, ex=3000):
        return
    async with httpx.AsyncClient() as client:
        await client.post("https://example.org/report", json={})
