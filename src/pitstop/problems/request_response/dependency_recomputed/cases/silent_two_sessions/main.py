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
        opened.execute(select(User.id).limit(1))
        yield opened


def current_user(token: str, db: Annotated[Session, Depends(session, use_cache=False)]) -> User | None:
    return db.scalars(select(User).where(User.name == token)).first()


app = FastAPI()


@app.get("/me")
def me(
    user: Annotated[User, Depends(current_user, use_cache=False)],
    other: Annotated[User, Depends(current_user, use_cache=False)],
    reads: Annotated[Session, Depends(session, use_cache=False)],
    writes: Annotated[Session, Depends(session, use_cache=False)],
) -> str:
    writes.add(User(name=user.name))
    return other.name
