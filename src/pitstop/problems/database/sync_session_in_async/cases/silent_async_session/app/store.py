from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker, create_async_engine

from app.models import Room

maker = async_sessionmaker(create_async_engine("postgresql://db/rooms"))


async def get_session():
    async with maker() as session:
        yield session


class Rooms:
    def __init__(self, session: AsyncSession) -> None:
        self.session = session

    async def named(self, name: str) -> Room | None:
        return (await self.session.scalars(select(Room).where(Room.name == name))).first()
