import asyncio

from fastapi import Depends, FastAPI
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker, create_async_engine

app = FastAPI()
maker = async_sessionmaker(create_async_engine("sqlite+aiosqlite://"))


async def session():
    async with maker() as opened:
        yield opened


async def count(table: str) -> int:
    async with maker() as db:
        return int(await db.scalar(text("SELECT count(*) FROM item WHERE kind = :kind"), {"kind": table}) or 0)


@app.get("/counts")
async def counts() -> list[int]:
    return await asyncio.gather(count("a"), count("b"))
