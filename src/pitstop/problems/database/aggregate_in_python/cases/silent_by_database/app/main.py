from fastapi import FastAPI
from sqlalchemy import func, select

from app.database import SessionDep
from app.models import Author, Book

app = FastAPI()


@app.get("/books/pages")
def pages(session: SessionDep) -> int:
    return session.scalar(select(func.sum(Book.pages))) or 0
