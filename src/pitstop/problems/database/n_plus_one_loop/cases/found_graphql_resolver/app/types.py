from __future__ import annotations

import strawberry
from sqlalchemy import func, select
from strawberry.types import Info

from app.database import maker
from app.models import Author, Book


@strawberry.type
class Writer:
    id: int
    name: str


    @strawberry.field
    async def book_count(self) -> int:
        async with maker() as session:
            return await session.scalar(select(func.count()).select_from(Book).where(Book.author_id == self.id)) or 0


@strawberry.type
class Query:
    @strawberry.field
    async def writers(self) -> list[Writer]:
        async with maker() as session:
            authors = await session.scalars(select(Author).limit(50))
            return [Writer(id=a.id, name=a.name) for a in authors]
