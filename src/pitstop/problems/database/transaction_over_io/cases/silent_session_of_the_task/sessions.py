from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from contextvars import ContextVar

from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker, create_async_engine

factory = async_sessionmaker(create_async_engine("postgresql+asyncpg://db/trips"))
current: ContextVar[AsyncSession | None] = ContextVar("current", default=None)


@asynccontextmanager
async def maker() -> AsyncIterator[AsyncSession]:
    known = current.get()
    if known is not None:
        yield known
        return
    async with factory() as session:
        token = current.set(session)
        yield session
        current.reset(token)
