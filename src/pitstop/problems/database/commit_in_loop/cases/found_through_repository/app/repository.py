from sqlalchemy.ext.asyncio import AsyncSession


class Repository:
    def __init__(self, session: AsyncSession) -> None:
        self.session = session

    async def create(self, item: object) -> None:
        self.session.add(item)
        await self.session.commit()


class Tags(Repository):
    pass
