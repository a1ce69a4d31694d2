import asyncpg
import databases
from fastapi import Depends, FastAPI
from tortoise import fields
from tortoise.models import Model

app = FastAPI()
database = databases.Database("sqlite:///shop.db")


class Author(Model):
    id = fields.IntField(primary_key=True)
    name = fields.TextField()


async def pool() -> asyncpg.Pool: ...


async def author_of(book: asyncpg.Record) -> Author | None:
    return await Author.get_or_none(id=book["author_id"])


@app.get("/books")
async def books(pool: asyncpg.Pool = Depends(pool)) -> list[str]:
    found = []
    for book in await pool.fetch("SELECT id FROM books"):
        found.append(await pool.fetchval("SELECT count(*) FROM loans WHERE book_id = $1", book["id"]))
    return found


@app.get("/shelves")
async def shelves() -> list[int]:
    rows = await database.fetch_all("SELECT id FROM shelves")
    return [await database.fetch_val("SELECT count(*) FROM books WHERE shelf_id = :id", {"id": row["id"]}) for row in rows]


@app.get("/authors")
async def authors(pool: asyncpg.Pool = Depends(pool)) -> list[str]:
    found = []
    for book in await pool.fetch("SELECT author_id FROM books"):
        author = await author_of(book)
        found.append(author.name if author else "")
    return found
