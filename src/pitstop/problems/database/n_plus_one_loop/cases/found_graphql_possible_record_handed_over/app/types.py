from __future__ import annotations

from typing import Optional

import strawberry
from sqlalchemy import select

from app.database import maker
from app.models import Author


@strawberry.type
class Writer:
    id: int
    row: strawberry.Private[Optional[Author]] = None

    @strawberry.field
    async def name(self) -> str:
        row = await self._load()
        return row.name

    @strawberry.field
    async def active(self) -> bool:
        row = await self._load()
        return row.active

    async def _load(self) -> Author:
        if self.row is not None:
            return self.row
        async with maker() as session:
            row = await session.get(Author, self.id)
        self.row = row
        return row


@strawberry.type
class Query:
    @strawberry.field
    async def writers(self) -> list[Writer]:
        async with maker() as session:
            authors = await session.scalars(select(Author).limit(50))
            return [Writer(id=each.id, row=each) for each in authors]
