from fastapi import FastAPI
from sqlalchemy import select

from app.database import SessionDep
from app.models import Book

app = FastAPI()


@app.get("/books")
def books(session: SessionDep, skip: int = 0, limit: int = 50) -> list[dict]:
    answers = []
    for book in session.scalars(select(Book).order_by(Book.id)).all():
        title = book.title.title()
        answers.append({"id": book.id, "title": title})
    return answers[skip : skip + limit]
