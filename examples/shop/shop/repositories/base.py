from collections.abc import Collection
from typing import Any, ClassVar, Generic, TypeVar

from sqlalchemy import select

from shop.database import SessionDep
from shop.models import Base

M = TypeVar("M", bound=Base)


class Repository(Generic[M]):
    model: ClassVar[type[Any]]

    def __init__(self, session: SessionDep) -> None:
        self.session = session

    async def get(self, key: int) -> M | None:
        return await self.session.get(self.model, key)

    async def get_many(self, keys: Collection[int]) -> dict[int, M]:
        rows = await self.session.scalars(select(self.model).where(self.model.id.in_(set(keys))))
        return {row.id: row for row in rows}

    def add(self, row: M) -> M:
        self.session.add(row)
        return row
