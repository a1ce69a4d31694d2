from fastapi import FastAPI
from sqlalchemy import func, select

from app.database import SessionDep
from app.models import Author, Book

app = FastAPI()


@app.get("/books")
def books(session: SessionDep) -> list[str]:
    return [b.title for b in session.scalars(select(Book).where(Book.archived.is_(False)))]
