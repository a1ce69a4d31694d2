import os

from fastapi import FastAPI
from sqlalchemy import text
from sqlalchemy.ext.asyncio import async_sessionmaker, create_async_engine

app = FastAPI()
options = {"pool_pre_ping": True}
options["pool_size"] = int(os.environ["POOL_SIZE"])
engine = create_async_engine("postgresql+asyncpg://db/shop", **options)
sessions = async_sessionmaker(engine)


@app.get("/count")
async def count() -> int:
    async with sessions() as session:
        return await session.scalar(text("SELECT count(*) FROM orders"))
