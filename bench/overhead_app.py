"""The app of the overhead measurement: a route that does next to nothing, and one with five queries."""

from __future__ import annotations

from collections.abc import AsyncIterator

from fastapi import Depends, FastAPI
from pydantic import BaseModel
from sqlalchemy import ForeignKey, create_engine, func, select
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column, sessionmaker
from sqlalchemy.pool import StaticPool


class Base(DeclarativeBase):
    pass


class Shop(Base):
    __tablename__ = "shop"
    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str]


class Item(Base):
    __tablename__ = "item"
    id: Mapped[int] = mapped_column(primary_key=True)
    shop_id: Mapped[int] = mapped_column(ForeignKey("shop.id"), index=True)
    name: Mapped[str]
    price: Mapped[int]


class ItemOut(BaseModel):
    id: int
    name: str
    price: int


class Page(BaseModel):
    shop: str
    total: int
    dearest: int
    shops: int
    items: list[ItemOut]


engine = create_engine("sqlite://", poolclass=StaticPool, connect_args={"check_same_thread": False})
Base.metadata.create_all(engine)
with Session(engine) as filling:
    filling.add_all(Shop(id=number, name=f"shop {number}") for number in range(1, 6))
    filling.add_all(Item(shop_id=n % 5 + 1, name=f"item {n}", price=n) for n in range(200))
    filling.commit()
Sessions = sessionmaker(engine)
app = FastAPI()


async def database() -> AsyncIterator[Session]:
    with Sessions() as session:
        yield session


@app.get("/trivial")
async def trivial() -> dict[str, str]:
    return {"status": "ok"}


@app.get("/shops/{shop_id}/items")
async def items(shop_id: int, db: Session = Depends(database)) -> Page:  # noqa: B008  # as FastAPI wants it
    shop = db.scalars(select(Shop).where(Shop.id == shop_id)).one()
    total = db.scalar(select(func.count()).select_from(Item).where(Item.shop_id == shop_id))
    dearest = db.scalar(select(func.max(Item.price)).where(Item.shop_id == shop_id))
    shops = db.scalar(select(func.count()).select_from(Shop))
    found = db.scalars(select(Item).where(Item.shop_id == shop_id).order_by(Item.id).limit(20)).all()
    shown = [ItemOut(id=item.id, name=item.name, price=item.price) for item in found]
    return Page(shop=shop.name, total=total or 0, dearest=dearest or 0, shops=shops or 0, items=shown)
