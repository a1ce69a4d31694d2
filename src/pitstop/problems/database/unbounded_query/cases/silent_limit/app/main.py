from fastapi import FastAPI
from sqlalchemy import select

from app.database import SessionDep
from app.paging import page
from app.models import Author, Book

app = FastAPI()


@app.post("/books")
def add_book(title: str, author_id: int, session: SessionDep) -> None:
    session.add(Book(title=title, author_id=author_id))
    session.commit()


@app.get("/books")
def books(session: SessionDep, offset: int = 0) -> list[str]:
    statement = select(Book).order_by(Book.id)
    statement = page(statement, offset)
    return [book.title for book in session.scalars(statement)]
