from functools import lru_cache
from typing import Annotated

from fastapi import Depends, FastAPI, HTTPException
from sqlalchemy import String, create_engine, select
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column, sessionmaker

app = FastAPI()
engine = create_engine("sqlite://")
Local = sessionmaker(engine)


class Base(DeclarativeBase):
    pass


class Boat(Base):
    __tablename__ = "boats"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(80), unique=True)
    owner: Mapped[str]


def get_session():
    with Local() as session:
        yield session


Db = Annotated[Session, Depends(get_session)]


_cache: dict[str, Boat] = {}


@lru_cache
def find(name: str) -> Boat | None:
    with Local() as session:
        return session.scalars(select(Boat).where(Boat.name == name)).first()


def find_too(name: str) -> Boat | None:
    if name in _cache:
        return _cache[name]
    with Local() as session:
        _cache[name] = session.scalars(select(Boat).where(Boat.name == name)).first()
    return _cache[name]


def cached_for(seconds: int):
    def wrap(inner):
        return inner

    return wrap


@cached_for(60)
def find_three(name: str) -> Boat | None:
    with Local() as session:
        return session.scalars(select(Boat).where(Boat.name == name)).first()


@app.get("/boats/{name}")
def read(name: str) -> list[str]:
    first = [find(name).owner, find(name).name]
    return [*first, find_too(name).owner, find_too(name).name, find_three(name).owner, find_three(name).name]
