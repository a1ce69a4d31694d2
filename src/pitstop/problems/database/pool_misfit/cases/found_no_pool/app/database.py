from sqlalchemy import NullPool
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker, create_async_engine

from app.config import HOST

url = f"postgresql+asyncpg://shop@{HOST}/shop"
engine = create_async_engine(url, poolclass=NullPool)
sessions = async_sessionmaker(engine)


async def session():
    async with sessions() as opened:
        yield opened
