from typing import Annotated

from fastapi import Depends, FastAPI
from pydantic import BaseModel, ConfigDict

from app.shelf import Shelf

app = FastAPI()


class BookOut(BaseModel):
    model_config = ConfigDict(from_attributes=True)

    title: str


@app.get("/books", response_model=list[BookOut])
def books(shelf: Annotated[Shelf, Depends()]):
    return shelf.newest()
