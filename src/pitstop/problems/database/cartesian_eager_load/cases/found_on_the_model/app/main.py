from fastapi import FastAPI
from sqlalchemy import select
from sqlalchemy.orm import joinedload, selectinload

from app.database import SessionDep
from app.models import Author, Book, Prize

app = FastAPI()


@app.get("/authors")
def authors(session: SessionDep) -> list[str]:
    return [a.name for a in session.scalars(select(Author).order_by(Author.id)).unique()]


@app.get("/authors/active")
def active(session: SessionDep) -> list[str]:
    return [a.name for a in session.scalars(select(Author).where(Author.active)).unique()]
