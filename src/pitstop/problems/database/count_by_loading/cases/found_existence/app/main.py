from fastapi import FastAPI
from sqlalchemy import func, select

from app.database import SessionDep
from app.models import Author, Book

app = FastAPI()


@app.delete("/authors/{author_id}")
def remove(author_id: int, session: SessionDep) -> str:
    books = session.scalars(select(Book).where(Book.author_id == author_id)).all()
    if books:
        return "has books"
    session.delete(session.get_one(Author, author_id))
    return "gone"
