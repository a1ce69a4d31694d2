from fastapi import FastAPI
from sqlalchemy import select

from app.database import SessionDep
from app.models import Author, Book

app = FastAPI()


@app.post("/books")
def add_book(title: str, author_id: int, session: SessionDep) -> None:
    session.add(Book(title=title, author_id=author_id))
    session.commit()


class Rows:
    def __init__(self, session: SessionDep) -> None:
        self.session = session

    def every(self, statement):
        return self.session.scalars(statement).all()


@app.get("/books")
def books(session: SessionDep) -> list[str]:
    rows = Rows(session)
    return [book.title for book in rows.every(select(Book).order_by(Book.id))]
