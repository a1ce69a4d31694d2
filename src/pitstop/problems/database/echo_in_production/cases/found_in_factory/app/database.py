from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine


def build(url: str) -> AsyncEngine:
    return create_async_engine(url, echo="debug", pool_pre_ping=True)
