from fastapi import FastAPI
from sqlalchemy import func, select

from app.database import SessionDep
from app.models import Author, Book

app = FastAPI()


@app.get("/books/archived")
def archived(session: SessionDep, author_id: int) -> list[str]:
    titles = []
    for book in session.query(Book).all():
        if book.author_id != author_id:
            continue
        titles.append(book.title.upper())
    return titles


@app.get("/books/newest")
def newest(session: SessionDep) -> str:
    books = session.scalars(select(Book).order_by(Book.id.desc())).all()
    if not books:
        return ""
    newest = books[0]
    return newest.title
