from fastapi import FastAPI
from sqlalchemy import func, select

from app.database import SessionDep
from app.models import Author, Book

app = FastAPI()


@app.get("/books/count")
def count(session: SessionDep) -> int:
    return len(session.query(Book).filter(Book.archived.is_(False)).all())


@app.get("/books/some")
def some(session: SessionDep, author_id: int) -> int:
    result = session.execute(select(Book).where(Book.author_id == author_id))
    books = result.scalars().all()
    if not books:
        return 0
    return len(books)
