from fastapi import FastAPI
from sqlalchemy import create_engine, text

app = FastAPI()
engine = create_engine("sqlite:///./words.db")


@app.get("/words/{word}")
def meaning(word: str) -> str | None:
    with engine.connect() as connection:
        return connection.scalar(text("SELECT meaning FROM words WHERE word = :word"), {"word": word})
