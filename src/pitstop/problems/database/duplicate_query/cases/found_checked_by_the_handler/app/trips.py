from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from app.models import Trip


async def find_trip(session: AsyncSession, trip_id: int) -> Trip | None:
    return (await session.execute(select(Trip).where(Trip.id == trip_id))).scalar_one_or_none()


async def close_trip(session: AsyncSession, key: int) -> Trip:
    found = await session.execute(select(Trip).where(Trip.id == key, Trip.closed.is_(False)))
    trip = found.scalar_one()
    trip.closed = True
    await session.commit()
    return trip
