from fastapi import FastAPI
from sqlalchemy import func, select

from app.database import SessionDep
from app.models import Author, Book

app = FastAPI()


@app.get("/books/count")
def count(session: SessionDep) -> int:
    return session.scalar(select(func.count()).select_from(Book)) or 0
