import enum

from sqlalchemy import Enum, ForeignKey
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, relationship


class Base(DeclarativeBase):
    pass


class Channel(enum.StrEnum):
    SHOP = "shop"
    PHONE = "phone"


class Region(enum.StrEnum):
    NORTH = "north"
    SOUTH = "south"


class Customer(Base):
    __tablename__ = "customers"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str]
    orders: Mapped[list["Order"]] = relationship(back_populates="customer")


class Order(Base):
    __tablename__ = "orders"

    id: Mapped[int] = mapped_column(primary_key=True)
    customer_id: Mapped[int] = mapped_column(ForeignKey("customers.id"), index=True)
    customer: Mapped[Customer] = relationship(back_populates="orders")
    paid: Mapped[bool] = mapped_column(default=False)
    channel: Mapped[Channel] = mapped_column(Enum(Channel, native_enum=False))
    region: Mapped[Region]
    sent_to: Mapped[Region | None] = mapped_column(default=None)
