import csv
import io

from fastapi import FastAPI
from fastapi.responses import StreamingResponse
from sqlalchemy import select

from app.database import SessionDep
from app.models import Author, Book

app = FastAPI()


@app.get("/books")
def books(session: SessionDep) -> list[str]:
    found = session.scalars(select(Book)).all()
    return [book.title for book in found]
