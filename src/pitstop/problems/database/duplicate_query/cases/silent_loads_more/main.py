from typing import Annotated

from fastapi import Depends, FastAPI, HTTPException
from sqlalchemy import ForeignKey, String, create_engine, select
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column, relationship, selectinload, sessionmaker

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


class Crew(Base):
    __tablename__ = "crews"

    id: Mapped[int] = mapped_column(primary_key=True)
    boat_id: Mapped[int] = mapped_column(ForeignKey("ships.id"))


class Ship(Base):
    __tablename__ = "ships"

    id: Mapped[int] = mapped_column(primary_key=True)
    crew: Mapped[list[Crew]] = relationship()


def must_exist(ship_id: int, session: Db) -> None:
    if session.scalar(select(Ship).where(Ship.id == ship_id)) is None:
        raise HTTPException(404)


@app.get("/ships/{ship_id}", dependencies=[Depends(must_exist)])
def crew(ship_id: int, session: Db) -> int:
    ship = session.scalars(select(Ship).where(Ship.id == ship_id).options(selectinload(Ship.crew))).one()
    return len(ship.crew)
