from fastapi import FastAPI, HTTPException
from sqlalchemy import select

from app.database import SessionDep
from app.models import Author, Book

app = FastAPI()


@app.delete("/authors/{author_id}")
def delete_author(author_id: int, session: SessionDep) -> None:
    books = session.scalars(select(Book).where(Book.author_id == author_id)).all()
    if books:
        shown = ", ".join(book.title for book in books[:5])
        more = f" and {len(books) - 5} more" if len(books) > 5 else ""
        raise HTTPException(409, f"the author wrote {shown}{more}")
    session.delete(session.get_one(Author, author_id))
    session.commit()
