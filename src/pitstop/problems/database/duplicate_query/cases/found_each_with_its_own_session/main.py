from typing import Annotated

from fastapi import Depends, FastAPI, HTTPException
from sqlalchemy import String, create_engine, select
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


def find_boat(name: str) -> Boat | None:
    with Local() as session:
        return session.query(Boat).filter(Boat.name == name).first()


def paint(name: str, colour: str) -> None:
    with Local() as session:
        boat = session.query(Boat).filter(Boat.name == name).one()
        boat.owner = colour
        session.commit()


@app.put("/boats/{name}")
def repaint(name: str, colour: str) -> str:
    if not find_boat(name):
        raise HTTPException(404)
    paint(name, colour)
    return colour
