from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from app.models import Passage


async def all_passages(session: AsyncSession, source: str) -> list[Passage]:
    found = await session.execute(select(Passage).where(Passage.source == source))
    return list(found.scalars().all())
