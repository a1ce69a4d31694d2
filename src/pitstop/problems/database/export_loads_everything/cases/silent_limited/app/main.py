import csv
import io

from fastapi import FastAPI
from fastapi.responses import StreamingResponse
from sqlalchemy import select

from app.database import SessionDep
from app.models import Author, Book

app = FastAPI()


@app.get("/books.csv")
def export(session: SessionDep) -> str:
    out = io.StringIO()
    for book in session.scalars(select(Book).limit(20)).all():
        csv.writer(out).writerow([book.title])
    return out.getvalue()
