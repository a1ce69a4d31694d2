from fastapi import FastAPI
from sqlalchemy import select
from sqlalchemy.orm import joinedload, selectinload

from app.database import SessionDep
from app.models import Author, Book, Prize

app = FastAPI()


@app.get("/authors")
def authors(session: SessionDep) -> list[str]:
    statement = select(Author).options(selectinload(Author.prizes)).order_by(Author.id)
    return [a.name for a in session.scalars(statement).unique()]
