from fastapi import FastAPI
from sqlalchemy import func, select

from app.database import SessionDep
from app.models import Author, Book

app = FastAPI()


@app.get("/more")
def more(session: SessionDep) -> bool:
    return len(session.scalars(select(Book).limit(11)).all()) > 10
