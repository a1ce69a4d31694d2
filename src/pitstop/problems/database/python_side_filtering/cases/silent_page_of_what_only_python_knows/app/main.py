from fastapi import FastAPI
from sqlalchemy import select

from app.database import SessionDep
from app.models import Book
from app.rules import may_lend

app = FastAPI()


@app.get("/books")
def books(session: SessionDep, page: int = 0) -> list[str]:
    found = [book for book in session.scalars(select(Book)).all() if may_lend(book)]
    return [book.title for book in found[page * 20 : (page + 1) * 20]]


@app.get("/books/odd")
def odd(session: SessionDep, page: int = 0) -> list[str]:
    answers = []
    for book in session.scalars(select(Book)).all():
        if not may_lend(book):
            continue
        answers.append(book.title)
    return answers[page * 20 : (page + 1) * 20]
