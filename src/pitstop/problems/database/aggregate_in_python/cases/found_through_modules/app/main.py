from typing import Annotated

from fastapi import Depends, FastAPI

from app.library import Library

app = FastAPI()


@app.get("/answer")
def answer(library: Annotated[Library, Depends()]):
    return library.answer()
