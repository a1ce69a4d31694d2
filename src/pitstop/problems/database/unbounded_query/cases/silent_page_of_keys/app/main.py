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
def books(session: SessionDep, offset: int = 0) -> list[str]:
    keys = select(Book.id).order_by(Book.id).offset(offset).limit(50).subquery()
    return [book.title for book in session.scalars(select(Book).join(keys, keys.c.id == Book.id))]
