from typing import Annotated

from fastapi import Depends, FastAPI

from app.shelf import Shelf

app = FastAPI()
ShelfDep = Annotated[Shelf, Depends()]


@app.get("/books")
def books(shelf: ShelfDep) -> list[str]:
    return [book.title for book in shelf.present()]


@app.post("/books")
def add_book(title: str, author_id: int, shelf: ShelfDep) -> None:
    shelf.add(title, author_id)
