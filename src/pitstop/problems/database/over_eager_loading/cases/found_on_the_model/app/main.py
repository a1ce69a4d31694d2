from fastapi import FastAPI
from pydantic import BaseModel
from sqlalchemy import select
from sqlalchemy.orm import joinedload, selectinload

from app.database import SessionDep
from app.models import Author, Book

app = FastAPI()


class AuthorOut(BaseModel):
    name: str


@app.get("/authors")
def authors(session: SessionDep) -> list[AuthorOut]:
    return [AuthorOut(name=a.name) for a in session.scalars(select(Author).limit(20))]
