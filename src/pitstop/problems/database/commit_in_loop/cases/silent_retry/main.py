from fastapi import Depends, FastAPI
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session

app = FastAPI()


def session() -> Session: ...


@app.post("/pay")
def pay(retries: int = 3, db: Session = Depends(session)) -> None:
    for attempt in range(retries):
        try:
            db.commit()
            break
        except OperationalError:
            db.rollback()
