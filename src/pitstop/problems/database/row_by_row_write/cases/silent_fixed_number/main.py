from fastapi import Depends, FastAPI
from sqlalchemy import text
from sqlalchemy.orm import Session

app = FastAPI()
DEFAULTS = ("inbox", "done", "spam")


def session() -> Session: ...


@app.post("/users/{key}")
def create(key: int, db: Session = Depends(session)) -> None:
    for name in DEFAULTS:
        db.execute(text("INSERT INTO folders (user_id, name) VALUES (:user, :name)"), {"user": key, "name": name})
