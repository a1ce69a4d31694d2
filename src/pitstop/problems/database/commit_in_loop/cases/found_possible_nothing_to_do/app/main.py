from fastapi import Depends, FastAPI
from sqlalchemy import create_engine, select, update
from sqlalchemy.orm import Session

from app.models import Note

app = FastAPI()
engine = create_engine("postgresql+psycopg://localhost/notes")


def session():
    with Session(engine) as opened:
        yield opened


def store(blank: list[int], db: Session) -> None:
    if not blank:
        return
    db.execute(update(Note).where(Note.id.in_(blank)).values(text="-"))
    db.commit()


def correct(number: int, db: Session) -> None:
    found = db.scalars(select(Note).where(Note.id > number)).all()
    blank = [note.id for note in found if not note.text]
    store(blank, db)


@app.post("/checks")
def checks(numbers: list[int], db: Session = Depends(session)) -> None:
    for number in numbers:
        correct(number, db)
