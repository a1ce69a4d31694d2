from fastapi import FastAPI
from pydantic import BaseModel
from sqlalchemy import create_engine, text

app = FastAPI()
URL = "sqlite://"
engine = create_engine(URL)


class Note(BaseModel):
    text: str


@app.post("/notes", status_code=201)
def write(note: Note) -> None:
    with engine.begin() as connection:
        connection.execute(text("INSERT INTO notes (text) VALUES (:text)"), {"text": note.text})
