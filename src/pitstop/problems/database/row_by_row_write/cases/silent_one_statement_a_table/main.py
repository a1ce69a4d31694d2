from fastapi import Depends, FastAPI
from sqlalchemy import delete
from sqlalchemy.orm import Session

app = FastAPI()
owned: set[type] = set()


def session() -> Session: ...


@app.delete("/users/{key}")
def remove(key: int, db: Session = Depends(session)) -> None:
    for model in owned:
        db.execute(delete(model).where(model.user_id == key))
