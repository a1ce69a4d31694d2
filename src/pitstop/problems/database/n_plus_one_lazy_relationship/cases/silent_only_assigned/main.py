from fastapi import Depends, FastAPI
from sqlalchemy import create_engine, select
from sqlalchemy.orm import Session

from models import Person, Task

app = FastAPI()
engine = create_engine("postgresql+psycopg://localhost/tasks")


def session():
    with Session(engine) as opened:
        yield opened


@app.post("/boards/{board}/owner/{person}")
def hand_over(board: str, person: int, db: Session = Depends(session)) -> None:
    owner = db.get(Person, person)
    for task in db.scalars(select(Task).where(Task.board == board)).all():
        task.owner = owner
    db.commit()
