from fastapi import FastAPI
from sqlalchemy import select

from app.database import SessionDep
from app.models import Author, Book

app = FastAPI()


@app.post("/books")
def add_book(title: str, author_id: int, session: SessionDep) -> None:
    session.add(Book(title=title, author_id=author_id))
    session.commit()


@app.post("/books/renumber")
def renumber(session: SessionDep) -> None:
    for number, book in enumerate(session.scalars(select(Book).order_by(Book.id)).all()):
        book.pages = number
    session.commit()
