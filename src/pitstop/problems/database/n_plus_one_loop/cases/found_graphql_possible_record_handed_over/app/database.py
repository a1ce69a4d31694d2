from collections.abc import AsyncIterator
from typing import Annotated

from fastapi import Depends
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker, create_async_engine

engine = create_async_engine("postgresql+asyncpg://localhost/library")
maker = async_sessionmaker(engine)


async def session() -> AsyncIterator[AsyncSession]:
    async with maker() as opened:
        yield opened


SessionDep = Annotated[AsyncSession, Depends(session)]
