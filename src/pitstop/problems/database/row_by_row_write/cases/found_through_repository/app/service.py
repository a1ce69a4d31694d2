from sqlalchemy.ext.asyncio import AsyncSession

from app.repository import Items


class Importer:
    def __init__(self, session: AsyncSession) -> None:
        self.items = Items(session)

    async def run(self, items: list[str]) -> None:
        for item in items:
            await self.items.create(item)
