from fastapi import FastAPI
from sqlalchemy import func, select

from app.database import SessionDep
from app.models import Author, Book

app = FastAPI()


@app.get("/books")
def books(session: SessionDep) -> dict:
    found = session.scalars(select(Book)).all()
    return {"all": [b.title for b in found], "archived": [b.title for b in found if b.archived]}
