from fastapi import FastAPI
from sqlalchemy import select

from app.database import SessionDep
from app.models import Author, Book

app = FastAPI()


@app.post("/books")
def add_book(title: str, author_id: int, session: SessionDep) -> None:
    session.add(Book(title=title, author_id=author_id))
    session.commit()


@app.get("/books")
def books(session: SessionDep) -> int:
    pages = 0
    for book in session.scalars(select(Book).execution_options(yield_per=500).order_by(Book.id)):
        pages += book.pages
    return pages
