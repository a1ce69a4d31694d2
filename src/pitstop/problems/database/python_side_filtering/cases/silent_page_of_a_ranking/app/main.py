from difflib import SequenceMatcher

from fastapi import FastAPI
from sqlalchemy import select

from app.database import SessionDep
from app.models import Book

app = FastAPI()


@app.get("/books/like")
def like(session: SessionDep, text: str, page: int = 0) -> list[str]:
    books = session.scalars(select(Book)).all()
    ranked = sorted(books, key=lambda book: SequenceMatcher(None, text, book.title).ratio(), reverse=True)
    return [book.title for book in ranked[page * 20 : (page + 1) * 20]]
