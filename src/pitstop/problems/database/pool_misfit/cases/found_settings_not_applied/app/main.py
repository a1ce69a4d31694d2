from fastapi import Depends, FastAPI
from sqlalchemy import text
from sqlalchemy.orm import Session

from app.database import sessions_of

URL = "postgresql://db/shop"
app = FastAPI()


def session():
    with sessions_of(URL) as opened:
        yield opened


def run_worker() -> None:
    with sessions_of(URL, pool={"pool_size": 20, "max_overflow": 40}) as opened:
        opened.execute(text("CALL work()"))


@app.get("/count")
def count(db: Session = Depends(session)) -> int:
    return db.scalar(text("SELECT count(*) FROM orders"))
