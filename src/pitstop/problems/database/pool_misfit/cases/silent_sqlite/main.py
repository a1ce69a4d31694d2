from fastapi import FastAPI
from sqlalchemy import create_engine, text
from sqlalchemy.orm import Session

app = FastAPI()
# Was postgresql once.
URL = "sqlite:///./notes.db"
engine = create_engine(URL, connect_args={"check_same_thread": False})


@app.get("/count")
def count() -> int:
    with Session(engine) as session:
        return session.scalar(text("SELECT count(*) FROM notes"))
