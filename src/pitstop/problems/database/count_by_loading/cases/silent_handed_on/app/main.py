from fastapi import FastAPI
from sqlalchemy import func, select

from app.database import SessionDep
from app.models import Author, Book

app = FastAPI()


@app.get("/books/count")
def count(session: SessionDep) -> int:
    books = session.scalars(select(Book)).all()
    publish(books)
    return len(books)


def publish(books) -> None:
    print(books)
