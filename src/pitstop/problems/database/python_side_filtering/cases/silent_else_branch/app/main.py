from fastapi import FastAPI
from sqlalchemy import func, select

from app.database import SessionDep
from app.models import Author, Book

app = FastAPI()


@app.get("/books")
def books(session: SessionDep) -> list[str]:
    titles = []
    for book in session.scalars(select(Book)):
        if book.archived:
            titles.append("-")
        else:
            titles.append(book.title)
    return titles
