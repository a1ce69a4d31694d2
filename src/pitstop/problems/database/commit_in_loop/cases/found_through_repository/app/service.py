from sqlalchemy.ext.asyncio import AsyncSession

from app.repository import Tags


class Tagging:
    def __init__(self, session: AsyncSession) -> None:
        self.tags = Tags(session)

    async def add(self, names: list[str]) -> None:
        for name in names:
            await self.tags.create(name)
