from contextlib import asynccontextmanager

import asyncpg
from fastapi import FastAPI, Request


@asynccontextmanager
async def lifespan(app: FastAPI):
    app.state.pool = await asyncpg.create_pool("postgresql://db/shop")
    yield
    await app.state.pool.close()


app = FastAPI(lifespan=lifespan)


@app.get("/count")
async def count(request: Request) -> int:
    async with request.app.state.pool.acquire() as connection:
        return await connection.fetchval("SELECT count(*) FROM orders")
