from fastapi import FastAPI

from app.service import book

app = FastAPI()


@app.post("/book")
async def add(amount: int) -> int:
    return await book(amount)
