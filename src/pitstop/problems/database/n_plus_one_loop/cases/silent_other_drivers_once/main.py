import sqlite3

import asyncpg
from fastapi import Depends, FastAPI

app = FastAPI()


async def pool() -> asyncpg.Pool: ...


@app.get("/books")
async def books(pool: asyncpg.Pool = Depends(pool)) -> list[str]:
    rows = await pool.fetch("SELECT title FROM books")
    return [row["title"].title() for row in rows]


@app.post("/books")
def add(titles: list[str]) -> int:
    connection = sqlite3.connect("books.db")
    for title in titles:
        connection.execute("INSERT INTO books (title) VALUES (?)", (title,))
    return len(titles)
