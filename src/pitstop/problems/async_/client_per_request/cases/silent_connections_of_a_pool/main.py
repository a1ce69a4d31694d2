import httpx
from fastapi import FastAPI
from redis.asyncio import ConnectionPool, Redis

app = FastAPI()
inner = FastAPI()


class Connections:
    _pool: ConnectionPool | None = None

    @classmethod
    def pool(cls) -> ConnectionPool:
        if cls._pool is None:
            cls._pool = ConnectionPool.from_url("redis://cache")
        return cls._pool

    @classmethod
    def client(cls) -> Redis:
        pool = cls.pool()
        return Redis(connection_pool=pool)


@app.get("/hits")
async def hits() -> int:
    return await Connections.client().incr("hits")


@app.get("/inner/{path}")
async def ask(path: str) -> int:
    transport = httpx.ASGITransport(app=inner)
    async with httpx.AsyncClient(transport=transport, base_url="http://inner") as client:
        return (await client.get(f"/{path}")).status_code
