from fastapi import FastAPI
from sqlalchemy import select

from app.database import SessionDep
from app.models import Author, Book

app = FastAPI()


@app.post("/books")
def add_book(title: str, author_id: int, session: SessionDep) -> None:
    session.add(Book(title=title, author_id=author_id))
    session.commit()


def every(session, statement):
    return session.scalars(statement.where(Book.archived.is_(False))).all()


@app.get("/books")
def books(session: SessionDep) -> list[str]:
    return [book.title for book in every(session, select(Book).limit(20))]
