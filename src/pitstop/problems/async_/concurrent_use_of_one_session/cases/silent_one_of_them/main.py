import asyncio

import httpx

from fastapi import Depends, FastAPI
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker, create_async_engine

app = FastAPI()
maker = async_sessionmaker(create_async_engine("sqlite+aiosqlite://"))


async def session():
    async with maker() as opened:
        yield opened


client = httpx.AsyncClient()


@app.get("/page")
async def page(db: AsyncSession = Depends(session)) -> int:
    count, answer = await asyncio.gather(db.scalar(text("SELECT count(*) FROM item")), client.get("https://a.example"))
    return int(count or 0) + answer.status_code
