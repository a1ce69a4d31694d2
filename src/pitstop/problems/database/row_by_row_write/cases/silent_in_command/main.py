from fastapi import FastAPI
from sqlalchemy.orm import Session

app = FastAPI()


def load(items: list[str], db: Session) -> None:
    for item in items:
        db.add(item)
        db.flush()


@app.get("/")
def home() -> str:
    return "ok"
