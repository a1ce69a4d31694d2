from fastapi import Depends, FastAPI
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker, create_async_engine

app = FastAPI()
maker = async_sessionmaker(create_async_engine("sqlite+aiosqlite://"))


async def session():
    async with maker() as opened:
        yield opened


@app.get("/page")
async def page(db: AsyncSession = Depends(session)) -> int:
    rows = await db.execute(text("SELECT id FROM item LIMIT 20"))
    count = await db.scalar(text("SELECT count(*) FROM item"))
    return len(rows.all()) + int(count or 0)
