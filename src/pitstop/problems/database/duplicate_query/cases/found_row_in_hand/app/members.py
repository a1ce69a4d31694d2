from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from app.models import Member


async def member_by_id(session: AsyncSession, member_id: int) -> Member | None:
    result = await session.execute(select(Member).where(Member.id == member_id))
    return result.scalar_one_or_none()
