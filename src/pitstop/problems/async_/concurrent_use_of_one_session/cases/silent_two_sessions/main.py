import asyncio

from fastapi import Depends, FastAPI
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker, create_async_engine

app = FastAPI()
maker = async_sessionmaker(create_async_engine("sqlite+aiosqlite://"))


async def session():
    async with maker() as opened:
        yield opened


async def other():
    async with maker() as opened:
        yield opened


@app.get("/page")
async def page(db: AsyncSession = Depends(session), archive: AsyncSession = Depends(other)) -> list[int]:
    return await asyncio.gather(
        db.scalar(text("SELECT count(*) FROM item")), archive.scalar(text("SELECT count(*) FROM item"))
    )
