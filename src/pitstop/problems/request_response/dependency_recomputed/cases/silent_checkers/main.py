from typing import Annotated

from fastapi import Depends, FastAPI
from sqlalchemy import select
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column, sessionmaker

make = sessionmaker()


class Base(DeclarativeBase):
    pass


class User(Base):
    __tablename__ = "users"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str]


def session():
    with make() as opened:
        yield opened


class Checker:
    def __init__(self, name: str) -> None:
        self.name = name

    def __call__(self, db: Annotated[Session, Depends(session)]) -> bool:
        return db.scalars(select(User).where(User.name == self.name)).first() is not None


def named(name: str):
    def check(db: Annotated[Session, Depends(session)]) -> bool:
        return db.scalars(select(User).where(User.name == name)).first() is not None

    return check


readers = named("reader")
writers = named("writer")
app = FastAPI()


@app.get("/", dependencies=[Depends(readers, use_cache=False), Depends(writers, use_cache=False)])
def home(
    a: Annotated[bool, Depends(Checker("a"), use_cache=False)],
    b: Annotated[bool, Depends(Checker("b"), use_cache=False)],
    c: Annotated[bool, Depends(named("c"), use_cache=False)],
    d: Annotated[bool, Depends(named("d"), use_cache=False)],
) -> bool:
    return a and b and c and d
