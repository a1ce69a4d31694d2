from fastapi import FastAPI
from fastapi_pagination import Page
from fastapi_pagination.ext.sqlalchemy import paginate
from sqlalchemy import select

from app.database import SessionDep
from app.models import Author, Book

app = FastAPI()


@app.post("/books")
def add_book(title: str, author_id: int, session: SessionDep) -> None:
    session.add(Book(title=title, author_id=author_id))
    session.commit()


@app.get("/books")
def books(session: SessionDep) -> Page[str]:
    return paginate(session, select(Book).order_by(Book.id))
