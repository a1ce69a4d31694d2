from sqlalchemy import ForeignKey
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column


class Base(DeclarativeBase):
    pass


class Record(Base):
    __abstract__ = True

    id: Mapped[int] = mapped_column(primary_key=True)


class Order(Record):
    __tablename__ = "orders"

    note: Mapped[str]


class Tagging(Record):
    __tablename__ = "taggings"

    order_id: Mapped[int] = mapped_column(ForeignKey("orders.id"), primary_key=True)
    tag: Mapped[str] = mapped_column(primary_key=True)
