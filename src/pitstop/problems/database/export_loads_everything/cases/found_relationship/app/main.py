import csv
import io

from fastapi import FastAPI
from fastapi.responses import StreamingResponse
from sqlalchemy import select

from app.database import SessionDep
from app.models import Author, Book

app = FastAPI()


@app.get("/authors/{author_id}/books.csv")
def export(author_id: int, session: SessionDep) -> StreamingResponse:
    author = session.get_one(Author, author_id)
    lines = as_rows(author.books)
    out = io.StringIO()
    csv.writer(out).writerows(lines)
    return StreamingResponse(iter([out.getvalue()]), media_type="text/csv")


def as_rows(books) -> list[list[str]]:
    return [[book.title] for book in books]
