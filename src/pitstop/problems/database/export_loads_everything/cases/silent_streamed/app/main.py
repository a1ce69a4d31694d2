import csv
import io

from fastapi import FastAPI
from fastapi.responses import StreamingResponse
from sqlalchemy import select

from app.database import SessionDep
from app.models import Author, Book

app = FastAPI()


@app.get("/books.csv")
def export(session: SessionDep) -> StreamingResponse:
    def lines():
        for book in session.scalars(select(Book).execution_options(yield_per=500)):
            out = io.StringIO()
            csv.writer(out).writerow([book.id, book.title])
            yield out.getvalue()

    return StreamingResponse(lines(), media_type="text/csv")
