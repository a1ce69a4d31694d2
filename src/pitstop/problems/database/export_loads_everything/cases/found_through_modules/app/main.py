from typing import Annotated

from fastapi import Depends, FastAPI, Response

from app.export import as_csv
from app.shelf import Shelf

app = FastAPI()


@app.get("/books.csv")
def export(shelf: Annotated[Shelf, Depends()]) -> Response:
    books = shelf.every()
    return Response(as_csv(books), media_type="text/csv")
