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


class Unit:
    def __init__(self, session: Session) -> None:
        self.session = session

    def done(self) -> None:
        self.session.close()


def opened() -> Session:
    db = maker()
    return db


@app.get("/rooms")
def rooms() -> int:
    db = maker()
    unit = Unit(db)
    count = len(db.scalars(select(Room)).all())
    unit.done()
    with opened() as other:
        other.scalars(select(Room)).all()
    return count
