from itertools import batched

from fastapi import Depends, FastAPI
from sqlalchemy import insert
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column

app = FastAPI()


class Base(DeclarativeBase):
    pass


class Task(Base):
    __tablename__ = "tasks"
    id: Mapped[int] = mapped_column(primary_key=True)


def session() -> Session: ...


@app.post("/import")
def imports(items: list[int], db: Session = Depends(session)) -> None:
    for chunk in batched(items, 1000):
        db.execute(insert(Task), [{"id": item} for item in chunk])
