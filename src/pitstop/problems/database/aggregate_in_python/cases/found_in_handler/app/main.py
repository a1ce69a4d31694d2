from fastapi import FastAPI
from sqlalchemy import func, select

from app.database import SessionDep
from app.models import Author, Book

app = FastAPI()


from collections import Counter


@app.get("/books/pages")
def pages(session: SessionDep, author_id: int) -> dict:
    found = session.scalars(select(Book).where(Book.author_id == author_id)).all()
    return {"most": max(b.pages for b in found), "sum": sum(b.pages * 2 for b in found if not b.archived)}


@app.get("/books/by-author")
def by_author(session: SessionDep) -> dict:
    return Counter(b.author_id for b in session.query(Book).all())
