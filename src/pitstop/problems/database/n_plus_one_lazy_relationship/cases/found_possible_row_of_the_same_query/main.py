from fastapi import Depends, FastAPI
from sqlalchemy import create_engine, select
from sqlalchemy.orm import Session

from models import Task

app = FastAPI()
engine = create_engine("postgresql+psycopg://localhost/tasks")


def session():
    with Session(engine) as opened:
        yield opened


@app.get("/boards/{board}")
def board(board: str, db: Session = Depends(session)) -> list[str]:
    rows = db.scalars(select(Task).where(Task.board == board)).all()
    return [task.next.board for task in rows]
