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
    async def writer(self) -> Writer:
        async with maker() as session:
            author = (await session.scalars(select(Author))).one()
            return Writer(id=author.id, name=author.name)
