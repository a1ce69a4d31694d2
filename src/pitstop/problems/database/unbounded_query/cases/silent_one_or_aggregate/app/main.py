from fastapi import FastAPI
from sqlalchemy import func, select

from app.database import SessionDep
from app.models import Author, Book

app = FastAPI()


@app.post("/books")
def add_book(title: str, author_id: int, session: SessionDep) -> None:
    session.add(Book(title=title, author_id=author_id))
    session.commit()


@app.get("/books/first")
def first(session: SessionDep) -> str:
    book = session.scalars(select(Book).order_by(Book.id)).first()
    return book.title if book else ""


@app.get("/books/pages")
def pages(session: SessionDep) -> int:
    return session.scalar(select(func.sum(Book.pages))) or 0
