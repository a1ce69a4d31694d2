from fastapi import FastAPI
from sqlalchemy import func, select

from app.database import SessionDep
from app.models import Author, Book

app = FastAPI()


@app.get("/books/{book_id}/exists")
def exists(book_id: int, session: SessionDep) -> bool:
    return bool(session.scalars(select(Book).where(Book.id == book_id)).all())
