from fastapi import FastAPI
from sqlalchemy import select

from app.database import SessionDep
from app.models import Book

app = FastAPI()


def publish(titles: list[str]) -> None:
    print(titles)


@app.post("/books/publish")
def publish_all(session: SessionDep, size: int = 100) -> None:
    books = session.scalars(select(Book)).all()
    for start in range(0, len(books), size):
        publish([book.title for book in books[start : start + size]])
