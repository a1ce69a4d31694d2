from functools import lru_cache

from fastapi import Depends, FastAPI, Header
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession, create_async_engine

app = FastAPI()


def build(url: str) -> AsyncEngine:
    return create_async_engine(url)


@lru_cache
def engine_of(url: str) -> AsyncEngine:
    return build(url)


async def session(x_tenant: str = Header()):
    async with AsyncSession(engine_of(f"postgresql+asyncpg://db/{x_tenant}")) as session:
        yield session


@app.get("/notes")
async def notes(session: AsyncSession = Depends(session)) -> list[str]:
    return list(await session.scalars(text("SELECT body FROM notes")))
