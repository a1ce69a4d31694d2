from fastapi import FastAPI
from sqlalchemy import select
from sqlalchemy.orm import joinedload, selectinload

from app.database import SessionDep
from app.models import Author, Book, Prize

app = FastAPI()


@app.get("/books")
def books(session: SessionDep) -> list[str]:
    statement = select(Book).options(joinedload(Book.author), joinedload(Book.reviews)).order_by(Book.id)
    return [b.author.name for b in session.scalars(statement).unique()]
