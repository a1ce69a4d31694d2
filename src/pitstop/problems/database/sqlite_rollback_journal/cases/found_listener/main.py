from fastapi import FastAPI
from pydantic import BaseModel
from sqlalchemy import create_engine, event, text

app = FastAPI()
engine = create_engine("sqlite:///./notes.db", connect_args={"check_same_thread": False})


@event.listens_for(engine, "connect")
def enforce_foreign_keys(connection, _record):
    cursor = connection.cursor()
    try:
        cursor.execute("PRAGMA foreign_keys = ON")
    finally:
        cursor.close()


class Note(BaseModel):
    text: str


@app.post("/notes", status_code=201)
def write(note: Note) -> None:
    with engine.begin() as connection:
        connection.execute(text("INSERT INTO notes (text) VALUES (:text)"), {"text": note.text})
