from typing import Annotated

from fastapi import Depends, FastAPI
from pydantic import BaseModel
from sqlalchemy import LargeBinary, String, Text, create_engine, select
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column, sessionmaker

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


class Article(Base):
    __tablename__ = "articles"

    id: Mapped[int] = mapped_column(primary_key=True)
    title: Mapped[str] = mapped_column(Text)
    page_html: Mapped[str] = mapped_column(Text)


@app.get("/articles")
def articles(session: Db) -> list[ScanLine]:
    return [ScanLine(id=a.id, title=a.title) for a in session.scalars(select(Article))]
