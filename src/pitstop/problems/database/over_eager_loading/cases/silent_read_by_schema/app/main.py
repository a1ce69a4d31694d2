from fastapi import FastAPI
from pydantic import BaseModel
from sqlalchemy import select
from sqlalchemy.orm import joinedload, selectinload

from app.database import SessionDep
from app.models import Author, Book

app = FastAPI()


class PrizeOut(BaseModel):
    name: str


class AuthorOut(BaseModel):
    name: str
    prizes: list[PrizeOut]


@app.get("/authors", response_model=list[AuthorOut])
def authors(session: SessionDep):
    return session.scalars(select(Author).limit(20)).all()
