from fastapi import FastAPI
from pydantic import BaseModel
from sqlalchemy import select
from sqlalchemy.orm import joinedload, selectinload

from app.database import SessionDep
from app.models import Author, Book

app = FastAPI()


class AuthorOut(BaseModel):
    name: str


class AuthorDetail(AuthorOut):
    books: list[str]


def newest(session: SessionDep) -> list[Author]:
    return list(session.scalars(select(Author).options(selectinload(Author.books)).limit(20)))


@app.get("/authors")
def authors(session: SessionDep) -> list[AuthorOut]:
    return [AuthorOut(name=author.name) for author in newest(session)]


@app.get("/authors/{author_id}")
def author(author_id: int, session: SessionDep) -> AuthorDetail:
    found = session.get_one(Author, author_id)
    return AuthorDetail(name=found.name, books=[book.title for book in found.books])
