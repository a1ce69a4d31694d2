from fastapi import FastAPI, HTTPException
from pydantic import BaseModel
from sqlalchemy import select
from sqlalchemy.orm import Session, joinedload

from app.database import SessionDep
from app.models import Book

app = FastAPI()


class BookOut(BaseModel):
    title: str
    author: str


def find(session: Session, title: str) -> Book:
    query = select(Book).options(joinedload(Book.author)).where(Book.title == title)
    book = session.scalar(query)
    if book is None:
        raise HTTPException(404)
    return book


@app.get("/books/{title}")
def shown(title: str, session: SessionDep) -> BookOut:
    book = find(session, title)
    return BookOut(title=book.title, author=book.author.name)


@app.get("/books/{title}/pages")
def pages(title: str, session: SessionDep) -> int:
    return len(find(session, title).author.name)


@app.delete("/books/{title}")
def archive(title: str, session: SessionDep) -> None:
    find(session, title).archived = True
    session.commit()
