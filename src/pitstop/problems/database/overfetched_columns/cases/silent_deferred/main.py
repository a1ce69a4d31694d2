from typing import Annotated

from fastapi import Depends, FastAPI
from pydantic import BaseModel
from sqlalchemy import LargeBinary, String, Text, create_engine, select
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, deferred, mapped_column, sessionmaker

app = FastAPI()
Local = sessionmaker(create_engine("sqlite://"))


class Base(DeclarativeBase):
    pass


class Scan(Base):
    __tablename__ = "scans"

    id: Mapped[int] = mapped_column(primary_key=True)
    title: Mapped[str] = mapped_column(String(80))
    picture: Mapped[bytes] = mapped_column(LargeBinary)


class ScanLine(BaseModel):
    id: int
    title: str


def get_session():
    with Local() as session:
        yield session


Db = Annotated[Session, Depends(get_session)]


class Film(Base):
    __tablename__ = "films"

    id: Mapped[int] = mapped_column(primary_key=True)
    title: Mapped[str]
    frames: Mapped[bytes] = mapped_column(LargeBinary, deferred=True)
    sound: Mapped[bytes] = deferred(mapped_column(LargeBinary))


@app.get("/films", response_model=list[ScanLine])
def films(session: Db):
    return session.scalars(select(Film)).all()
