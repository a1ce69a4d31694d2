from fastapi import FastAPI
from sqlalchemy import func, select

from app.database import SessionDep
from app.models import Author, Book

app = FastAPI()


@app.get("/books/printed")
def printed(session: SessionDep) -> list[str]:
    return [b.title for b in session.scalars(select(Book)) if b.printed_at is not None and b.title]
