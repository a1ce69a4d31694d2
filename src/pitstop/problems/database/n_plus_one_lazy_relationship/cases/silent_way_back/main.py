from collections.abc import Iterator
from typing import Annotated

from fastapi import Depends, FastAPI
from pydantic import BaseModel, ConfigDict
from sqlalchemy import ForeignKey, create_engine, select
from sqlalchemy.orm import (
    DeclarativeBase,
    Mapped,
    Session,
    mapped_column,
    relationship,
    selectinload,
)

app = FastAPI()
engine = create_engine("sqlite://")


class Base(DeclarativeBase):
    pass


class Shop(Base):
    __tablename__ = "shop"
    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str]
    shelves: Mapped[list["Shelf"]] = relationship(back_populates="shop")


class Shelf(Base):
    __tablename__ = "shelf"
    id: Mapped[int] = mapped_column(primary_key=True)
    shop_id: Mapped[int] = mapped_column(ForeignKey("shop.id"), index=True)
    shop: Mapped[Shop] = relationship(back_populates="shelves")


class ShopName(BaseModel):
    model_config = ConfigDict(from_attributes=True)
    name: str


class ShelfRead(BaseModel):
    model_config = ConfigDict(from_attributes=True)
    id: int
    shop: ShopName


class ShopRead(BaseModel):
    model_config = ConfigDict(from_attributes=True)
    name: str
    shelves: list[ShelfRead]


def opened() -> Iterator[Session]:
    with Session(engine) as session:
        yield session


SessionDep = Annotated[Session, Depends(opened)]


@app.get("/shops")
def shops(session: SessionDep) -> list[str]:
    found = session.scalars(select(Shop).options(selectinload(Shop.shelves)).limit(20)).all()
    return [f"{shelf.shop.name} {shelf.id}" for shop in found for shelf in shop.shelves]


@app.get("/shops/{number}/shelves", response_model=list[ShelfRead])
def shelves(number: int, session: SessionDep):
    shop = session.scalars(
        select(Shop).options(selectinload(Shop.shelves)).where(Shop.id == number)
    ).one_or_none()
    return shop.shelves if shop else []


@app.get("/shops/all", response_model=list[ShopRead])
def all_shops(session: SessionDep):
    return session.scalars(select(Shop).options(selectinload(Shop.shelves)).limit(20)).all()
