from collections.abc import Iterator
from typing import Annotated

from fastapi import Depends, FastAPI, HTTPException
from sqlalchemy import create_engine, select
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column

app = FastAPI()
engine = create_engine("sqlite://")


class Base(DeclarativeBase):
    pass


class User(Base):
    __tablename__ = "user"
    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str]


def opened() -> Iterator[Session]:
    with Session(engine) as session:
        yield session


@app.patch("/users/{number}")
def rename(number: int, name: str, session: Annotated[Session, Depends(opened)]) -> str:
    wanted = select(User).where(User.id == number)
    try:
        user = session.execute(wanted).scalar_one()
    except Exception as error:
        raise HTTPException(404) from error
    user.name = name
    session.commit()
    again = select(User).where(User.id == number)
    return session.execute(again).scalar_one().name
