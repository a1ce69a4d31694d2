from sqlalchemy import ForeignKey
from sqlalchemy.ext.asyncio import AsyncAttrs
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, relationship


class Base(AsyncAttrs, DeclarativeBase):
    pass


class Customer(Base):
    __tablename__ = "customers"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str]
    orders: Mapped[list["Order"]] = relationship()

    async def shown(self, full: bool) -> dict:
        if not full:
            return {"name": self.name, "first": await self.first(), "last": await self.last(full)}
        await self.awaitable_attrs.orders
        return {"name": self.name, "orders": [order.id for order in self.orders]}

    async def first(self) -> int | None:
        if self.name == "":
            return None
        await self.awaitable_attrs.orders
        return self.orders[0].id if self.orders else None

    async def last(self, full: bool) -> list[int]:
        if full:
            await self.awaitable_attrs.orders
        else:
            self.orders = []
        return [order.id for order in self.orders]


class Order(Base):
    __tablename__ = "orders"

    id: Mapped[int] = mapped_column(primary_key=True)
    customer_id: Mapped[int] = mapped_column(ForeignKey("customers.id"), index=True)
