from fastapi import FastAPI
from pydantic import BaseModel
from sqlalchemy import create_engine, event, text

app = FastAPI()
engine = create_engine("sqlite:///./notes.db")


@event.listens_for(engine, "connect")
def set_up(connection, _record):
    for setting in ("foreign_keys=ON", "journal_mode=WAL"):
        connection.execute(f"PRAGMA {setting}")


class Note(BaseModel):
    text: str


@app.post("/notes", status_code=201)
def write(note: Note) -> None:
    with engine.begin() as connection:
        connection.execute(text("INSERT INTO notes (text) VALUES (:text)"), {"text": note.text})
