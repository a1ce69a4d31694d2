from fastapi import FastAPI
from pydantic import BaseModel
from sqlalchemy import select
from sqlalchemy.orm import joinedload, selectinload

from app.database import SessionDep
from app.models import Author, Book

app = FastAPI()


@app.get("/authors/{author_id}/count")
def count(author_id: int, session: SessionDep) -> int:
    author = session.get_one(Author, author_id)
    return sum(len(getattr(author, kind)) for kind in ("books", "prizes"))


@app.get("/authors")
def authors(session: SessionDep) -> list[int]:
    return [len(getattr(a, "prizes")) for a in session.scalars(select(Author).limit(20))]
