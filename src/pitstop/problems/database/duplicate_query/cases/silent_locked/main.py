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


def must_exist(boat_id: int, session: Db) -> None:
    if session.scalar(select(Boat).where(Boat.id == boat_id)) is None:
        raise HTTPException(404)


@app.put("/boats/{boat_id}", dependencies=[Depends(must_exist)])
def sell(boat_id: int, owner: str, session: Db) -> None:
    boat = session.scalars(select(Boat).where(Boat.id == boat_id).with_for_update()).one()
    boat.owner = owner
    session.commit()
