from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from app.models import Trip


class Trips:
    def __init__(self, session: AsyncSession) -> None:
        self.session = session

    async def one(self, trip_id: int) -> Trip:
        return (await self.session.scalars(select(Trip).where(Trip.id == trip_id))).one()
