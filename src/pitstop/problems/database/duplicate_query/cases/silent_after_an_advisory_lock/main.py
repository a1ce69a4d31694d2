from typing import Annotated

from fastapi import Depends, FastAPI, HTTPException
from sqlalchemy import String, create_engine, select, text
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column, sessionmaker

app = FastAPI()
engine = create_engine("sqlite://")
Local = sessionmaker(engine)


class Base(DeclarativeBase):
    pass


class Boat(Base):
    __tablename__ = "boats"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(80), unique=True)
    owner: Mapped[str]


def get_session():
    with Local() as session:
        yield session


Db = Annotated[Session, Depends(get_session)]


def lock_boats(session: Session) -> None:
    session.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": 7})


def boat_of(session: Session, boat_id: int) -> Boat | None:
    return session.scalar(select(Boat).where(Boat.id == boat_id))


def change(session: Session, boat_id: int, owner: str) -> None:
    lock_boats(session)
    boat = boat_of(session, boat_id)
    if boat is None:
        raise HTTPException(409)
    boat.owner = owner
    session.commit()


@app.put("/boats/{boat_id}")
def sell(boat_id: int, owner: str, session: Db) -> str:
    boat = boat_of(session, boat_id)
    if boat is None:
        raise HTTPException(404)
    change(session, boat_id, owner)
    return boat.name


@app.post("/boats/count")
def count(session: Db) -> None:
    lock_boats(session)
    lock_boats(session)
