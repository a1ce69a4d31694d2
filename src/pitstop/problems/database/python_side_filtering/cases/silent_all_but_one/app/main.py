from fastapi import FastAPI
from sqlalchemy import func, select

from app.database import SessionDep
from app.models import Author, Book

app = FastAPI()


@app.get("/books/others")
def others(session: SessionDep, book_id: int) -> list[str]:
    return [b.title for b in session.scalars(select(Book)) if b.id != book_id]
