from fastapi import Depends, FastAPI
from sqlalchemy.orm import Session

from app.models import User

app = FastAPI()


def session() -> Session: ...


@app.delete("/users/{key}")
def remove(key: int, db: Session = Depends(session)) -> None:
    user = db.get(User, key)
    db.delete(user)
    db.commit()
