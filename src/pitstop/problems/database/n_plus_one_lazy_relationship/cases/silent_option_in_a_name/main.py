from fastapi import Depends, FastAPI
from sqlalchemy import create_engine, select
from sqlalchemy.orm import Session, load_only, selectinload

from models import Person, Task

app = FastAPI()
engine = create_engine("postgresql+psycopg://localhost/tasks")


def session():
    with Session(engine) as opened:
        yield opened


def tasks(db: Session, *, with_owner: bool = False, short: bool = False) -> list[Task]:
    statement = select(Task)
    if with_owner:
        along = selectinload(Task.owner)
        if short:
            along = along.options(load_only(Person.name))
        statement = statement.options(along)
    return list(db.scalars(statement).all())


@app.get("/tasks")
def owners(db: Session = Depends(session)) -> list[str]:
    return [task.owner.name for task in tasks(db, with_owner=True)]
