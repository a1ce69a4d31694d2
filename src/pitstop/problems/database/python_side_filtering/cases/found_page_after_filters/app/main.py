from fastapi import FastAPI

from app.database import SessionDep
from app.shelf import every, is_draft

app = FastAPI()
SIZE = 20


@app.get("/books")
def books(session: SessionDep, drafts: bool = False, page: int | None = None) -> dict:
    found = [book for book in every(session) if (drafts or not is_draft(book.title))]
    thick = [book for book in found if book.pages > 300]
    thin = [book for book in found if book.pages <= 300]
    authors = {book.author_id for book in found}
    if page is None:
        return {"thick": [book.title for book in thick], "thin": [book.title for book in thin], "authors": len(authors)}
    first = page * SIZE
    return {
        "thick": [book.title for book in thick][first : first + SIZE],
        "thin": [book.title for book in thin][first : first + SIZE],
        "pages": (len(found) + SIZE - 1) // SIZE,
    }
