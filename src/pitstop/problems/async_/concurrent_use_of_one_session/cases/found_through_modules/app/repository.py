from fastapi import Depends
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from app.database import session


class Orders:
    def __init__(self, db: AsyncSession = Depends(session)) -> None:
        self.db = db

    async def count(self) -> int:
        return int(await self.db.scalar(text("SELECT count(*) FROM orders")) or 0)

    async def total(self) -> int:
        return int(await self.db.scalar(text("SELECT sum(total) FROM orders")) or 0)
