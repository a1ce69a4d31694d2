from fastapi import FastAPI

from app.database import transaction
from app.models import Note

app = FastAPI()


def keep(text: str) -> None:
    with transaction() as session:
        session.add(Note(text=text))


@app.post("/notes")
def notes(texts: list[str]) -> None:
    for text in texts:
        keep(text)
