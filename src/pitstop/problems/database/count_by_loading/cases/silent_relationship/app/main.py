from fastapi import FastAPI
from sqlalchemy import func, select

from app.database import SessionDep
from app.models import Author, Book

app = FastAPI()


@app.get("/authors/{author_id}")
def author(author_id: int, session: SessionDep) -> int:
    found = session.get_one(Author, author_id)
    return len(found.books)
