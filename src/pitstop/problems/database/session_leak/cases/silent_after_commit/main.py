from fastapi import Depends, FastAPI
from sqlalchemy import create_engine, select
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column, sessionmaker

app = FastAPI()
maker = sessionmaker(create_engine("postgresql://db/rooms"))


class Base(DeclarativeBase): ...


class Room(Base):
    __tablename__ = "rooms"
    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str]


@app.post("/rooms")
def create(name: str) -> None:
    db = maker()
    db.add(Room(name=name))
    db.commit()


def store(db: Session, name: str) -> None:
    add(db, name)


def add(db: Session, name: str) -> None:
    db.add(Room(name=name))
    db.commit()


@app.put("/rooms")
def replace(name: str) -> None:
    db = maker()
    store(db, name)
