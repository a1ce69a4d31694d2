from fastapi import FastAPI
from pydantic import BaseModel
from sqlalchemy import select
from sqlalchemy.orm import joinedload, selectinload

from app.database import SessionDep
from app.models import Author, Book

app = FastAPI()


@app.get("/books")
def books(session: SessionDep) -> list[int]:
    statement = select(Book).options(joinedload(Book.author).selectinload(Author.prizes)).limit(20)
    return [prizes(book) for book in session.scalars(statement)]


def prizes(book) -> int:
    return len(book.author.prizes)
