from typing import Annotated

from fastapi import Depends, FastAPI, HTTPException
from pydantic import BaseModel
from sqlalchemy import select
from sqlalchemy.orm import joinedload

from app.database import SessionDep
from app.models import Book

app = FastAPI()


class BookOut(BaseModel):
    title: str
    author: str


def find(session: SessionDep, title: str) -> Book:
    query = select(Book).options(joinedload(Book.author)).where(Book.title == title)
    book = session.scalar(query)
    if book is None:
        raise HTTPException(404)
    return book


BookDep = Annotated[Book, Depends(find)]


@app.get("/books/{title}")
def shown(book: BookDep) -> BookOut:
    return BookOut(title=book.title, author=book.author.name)


@app.get("/books/{title}/pages")
def pages(book: BookDep) -> int:
    return book.pages


@app.delete("/books/{title}")
def archive(book: BookDep, session: SessionDep) -> None:
    book.archived = True
    session.commit()
