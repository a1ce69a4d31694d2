from collections.abc import AsyncIterator, Iterator
from typing import Annotated

from fastapi import Depends
from sqlalchemy import create_engine
from sqlalchemy.ext.asyncio import AsyncSession, create_async_engine
from sqlalchemy.orm import Session

engine = create_engine("sqlite://")
async_engine = create_async_engine("sqlite+aiosqlite://")


def session() -> Iterator[Session]:
    with Session(engine) as opened:
        yield opened


async def async_session() -> AsyncIterator[AsyncSession]:
    async with AsyncSession(async_engine) as opened:
        yield opened


SessionDep = Annotated[Session, Depends(session)]
AsyncSessionDep = Annotated[AsyncSession, Depends(async_session)]
