from fastapi import FastAPI
from sqlalchemy import func, select

from app.database import SessionDep
from app.models import Author, Book

app = FastAPI()


@app.get("/books")
def books(session: SessionDep, page: int = 0) -> dict:
    found = session.scalars(select(Book).order_by(Book.id)).all()
    return {"total": len(found), "page": found[page * 20 : page * 20 + 20]}
