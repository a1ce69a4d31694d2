import json
from pathlib import Path

from fastapi import FastAPI

app = FastAPI()
NOTES = Path("notes.json")


def read_notes() -> list[str]:
    with NOTES.open() as file:
        return json.load(file)


@app.get("/notes")
def notes() -> list[str]:
    return read_notes()


@app.post("/notes")
def add(note: str) -> None:
    NOTES.write_text(json.dumps([*read_notes(), note]))
