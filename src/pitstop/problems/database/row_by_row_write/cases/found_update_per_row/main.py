from fastapi import Depends, FastAPI
from sqlalchemy import text, update
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column

app = FastAPI()


class Base(DeclarativeBase):
    pass


class Task(Base):
    __tablename__ = "tasks"
    id: Mapped[int] = mapped_column(primary_key=True)
    position: Mapped[int]


def session() -> Session: ...


@app.put("/order")
def order(ids: list[int], db: Session = Depends(session)) -> None:
    for position, key in enumerate(ids):
        db.execute(update(Task).where(Task.id == key).values(position=position))


@app.put("/done")
def done(ids: list[int], db: Session = Depends(session)) -> None:
    for key in ids:
        db.execute(text("UPDATE tasks SET done = true WHERE id = :id"), {"id": key})
