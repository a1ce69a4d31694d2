from fastapi import Depends, Header
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession

from .database import make_engine


class Tenant:
    def __init__(self, x_tenant: str = Header()) -> None:
        self.url = f"postgresql+asyncpg://db/{x_tenant}"


async def tenant_engine(tenant: Tenant = Depends(Tenant)) -> AsyncEngine:
    return make_engine(tenant.url)


async def tenant_session(engine: AsyncEngine = Depends(tenant_engine)):
    async with AsyncSession(engine) as session:
        yield session
