import os

from fastapi import FastAPI
from sqlalchemy import select
from sqlalchemy.ext.asyncio import async_sessionmaker, create_async_engine
from sqlalchemy.pool import NullPool

URL = "postgresql+asyncpg://app@db/app"
if os.environ.get("MODE") == "testing":
    engine = create_async_engine(URL, poolclass=NullPool)
else:
    engine = create_async_engine(URL, pool_size=20, max_overflow=20, pool_pre_ping=True)
sessions = async_sessionmaker(engine, expire_on_commit=False)
app = FastAPI()


@app.get("/health")
async def health() -> int:
    async with sessions() as session:
        return await session.scalar(select(1)) or 0
