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


def counted(db: Annotated[Session, Depends(session)]) -> int:
    user = db.scalars(select(User)).first()
    db.add(User(name="again"))
    db.commit()
    return user.id


app = FastAPI()


@app.get("/")
def two(
    before: Annotated[int, Depends(counted, use_cache=False)], after: Annotated[int, Depends(counted, use_cache=False)]
) -> int:
    return after - before
