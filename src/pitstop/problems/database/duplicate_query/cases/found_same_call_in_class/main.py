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


class Boats:
    def __init__(self, session: Session) -> None:
        self.session = session

    def of(self, owner: str) -> list[Boat]:
        return list(self.session.scalars(select(Boat).where(Boat.owner == owner)))


def has_room(session: Session, owner: str) -> bool:
    return len(Boats(session).of(owner)) < 10


@app.get("/harbour/{owner}")
def harbour(owner: str, session: Db) -> list[str]:
    boats = Boats(session).of(owner)
    note = "open" if has_room(session, owner) else "full"
    return [note, *(boat.name for boat in boats)]
