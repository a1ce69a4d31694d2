from typing import Annotated

from fastapi import Depends, FastAPI

from app.writers import Writers

app = FastAPI()


@app.get("/authors")
def authors(writers: Annotated[Writers, Depends()]) -> list[str]:
    return [f"{a.name}: {len(a.books)}, {len(a.prizes)}" for a in writers.all()]
