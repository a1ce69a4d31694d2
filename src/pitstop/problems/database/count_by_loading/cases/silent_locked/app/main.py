from fastapi import FastAPI
from sqlalchemy import func, select

from app.database import SessionDep
from app.models import Author, Book

app = FastAPI()


@app.post("/authors/{author_id}/lock")
def lock(author_id: int, session: SessionDep) -> int:
    return len(session.scalars(select(Book).where(Book.author_id == author_id).with_for_update()).all())
