from fastapi import FastAPI
from sqlalchemy import func, select

from app.database import SessionDep
from app.models import Author, Book

app = FastAPI()


@app.post("/pages")
def pages(numbers: list[int]) -> int:
    return sum(n for n in numbers)
