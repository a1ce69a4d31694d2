from fastapi import FastAPI
from sqlalchemy import select

from app.database import SessionDep
from app.models import Book

app = FastAPI()


@app.get("/books")
async def books(session: SessionDep) -> list[str]:
    result = await session.execute(select(Book).order_by(Book.id))
    return [book.title for book in result.scalars().all()]


@app.post("/books")
async def add_book(title: str, author_id: int, session: SessionDep) -> None:
    session.add(Book(title=title, author_id=author_id))
    await session.commit()
