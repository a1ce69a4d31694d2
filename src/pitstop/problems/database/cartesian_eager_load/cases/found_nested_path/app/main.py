from fastapi import FastAPI
from sqlalchemy import select
from sqlalchemy.orm import joinedload, selectinload

from app.database import SessionDep
from app.models import Author, Book, Prize

app = FastAPI()


@app.get("/books/{book_id}")
def book(book_id: int, session: SessionDep) -> list[int]:
    found = session.scalars(
        select(Book)
        .where(Book.id == book_id)
        .options(joinedload(Book.reviews), joinedload(Book.author).options(joinedload(Author.prizes)))
    ).unique().one()
    return [len(found.reviews), len(found.author.prizes)]
