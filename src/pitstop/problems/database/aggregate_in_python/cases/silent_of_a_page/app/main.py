from fastapi import FastAPI
from sqlalchemy import func, select

from app.database import SessionDep
from app.models import Author, Book

app = FastAPI()


@app.get("/books/pages")
def pages(session: SessionDep) -> int:
    return sum(b.pages for b in session.scalars(select(Book).limit(20)))
