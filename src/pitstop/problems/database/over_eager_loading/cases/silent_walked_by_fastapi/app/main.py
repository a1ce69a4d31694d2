from fastapi import FastAPI
from pydantic import BaseModel
from sqlalchemy import select
from sqlalchemy.orm import joinedload, selectinload

from app.database import SessionDep
from app.models import Author, Book

app = FastAPI()


@app.get("/authors")
def authors(session: SessionDep):
    return session.scalars(select(Author).options(selectinload(Author.prizes)).limit(20)).all()
