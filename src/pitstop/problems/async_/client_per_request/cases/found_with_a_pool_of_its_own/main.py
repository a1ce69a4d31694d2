import httpx
from fastapi import FastAPI
from redis.asyncio import ConnectionPool, Redis

app = FastAPI()


def client() -> Redis:
    pool = ConnectionPool.from_url("redis://cache")
    return Redis(connection_pool=pool)


@app.get("/hits")
async def hits() -> int:
    return await client().incr("hits")


@app.get("/prices")
async def prices() -> int:
    async with httpx.AsyncClient(transport=httpx.AsyncHTTPTransport(retries=2)) as asked:
        return (await asked.get("https://prices.example/")).status_code
