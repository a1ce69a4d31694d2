from typing import Annotated

from fastapi import Depends, FastAPI
from pydantic import BaseModel
from sqlalchemy import LargeBinary, String, Text, create_engine, select
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column, sessionmaker
from sqlmodel import Field, SQLModel

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


class Record(SQLModel, table=True):
    id: int = Field(primary_key=True)
    title: str
    picture: bytes = Field(sa_type=LargeBinary)


@app.get("/records", response_model=list[Record])
def records(session: Db):
    return session.scalars(select(Record)).all()
