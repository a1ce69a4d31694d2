import asyncio

from fastapi import Depends, FastAPI
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker, create_async_engine

app = FastAPI()
maker = async_sessionmaker(create_async_engine("sqlite+aiosqlite://"))


async def session():
    async with maker() as opened:
        yield opened


async def price(db: AsyncSession, key: str) -> int:
    return int(await db.scalar(text("SELECT price FROM item WHERE key = :key"), {"key": key}) or 0)


async def prices(keys: list[str], db: AsyncSession = Depends(session)) -> list[int]:
    return await asyncio.gather(*(price(db, key) for key in keys))


@app.post("/prices")
async def show(found: list[int] = Depends(prices)) -> list[int]:
    return found
