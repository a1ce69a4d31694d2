from fastapi import FastAPI
from sqlalchemy import select

from app.database import SessionDep
from app.models import Author, Book

app = FastAPI()


@app.post("/books")
def add_book(title: str, author_id: int, session: SessionDep) -> None:
    session.add(Book(title=title, author_id=author_id))
    session.commit()


@app.get("/authors/{author_id}/books")
def books_of(author_id: int, session: SessionDep) -> list[str]:
    return [book.title for book in session.scalars(select(Book).where(Book.author_id == author_id))]


@app.get("/books/some")
def some(session: SessionDep, ids: str) -> list[str]:
    return [book.title for book in session.scalars(select(Book).where(Book.id.in_(ids.split(","))))]


@app.get("/books/named")
def named(session: SessionDep, title: str) -> list[int]:
    return [book.pages for book in session.scalars(select(Book).where(Book.title == title))]
