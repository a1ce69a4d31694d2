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


def rename(session: Session, boat_id: int, name: str, known: Boat | None = None) -> None:
    boat = known or session.scalars(select(Boat).where(Boat.id == boat_id)).one()
    boat.name = name
    session.commit()


@app.put("/boats/{boat_id}")
def put(boat_id: int, name: str, session: Db) -> None:
    boat = session.scalar(select(Boat).where(Boat.id == boat_id))
    if boat is None:
        raise HTTPException(404)
    rename(session, boat_id, name, known=boat)
