from typing import Annotated

from fastapi import Depends, FastAPI, HTTPException
from sqlalchemy import String, create_engine, select, update
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


def find(session: Session, boat_id: int) -> Boat:
    return session.scalars(select(Boat).where(Boat.id == boat_id)).one()


def sell(session: Session, boat: Boat, owner: str) -> None:
    boat.owner = owner
    session.commit()


@app.put("/boats/{boat_id}")
def sold(boat_id: int, owner: str, session: Db) -> str:
    boat = find(session, boat_id)
    sell(session, boat, owner)
    return find(session, boat_id).owner


def must_exist(boat_id: int, session: Db) -> None:
    if find(session, boat_id) is None:
        raise HTTPException(404)


@app.post("/boats/{boat_id}/paint", dependencies=[Depends(must_exist)])
def paint(boat_id: int, colour: str, session: Db) -> str:
    session.execute(update(Boat).where(Boat.id == boat_id).values(owner=colour))
    return find(session, boat_id).owner
