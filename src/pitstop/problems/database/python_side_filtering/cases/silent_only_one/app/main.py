from fastapi import FastAPI
from sqlalchemy import select

from app.database import SessionDep
from app.models import Book

app = FastAPI()


@app.get("/books/by-title")
def by_title(title: str, session: SessionDep) -> int | None:
    found = session.scalars(select(Book).where(Book.title == title)).all()
    if len(found) > 1:
        return None
    return found[0].id if found else None
