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


def find(session: Session, boat_id: int) -> Boat | None:
    return session.get(Boat, boat_id)


@app.delete("/boats/{boat_id}")
def remove(boat_id: int, session: Db) -> None:
    if session.scalar(select(Boat).where(Boat.id == boat_id)) is None:
        raise HTTPException(404)
    session.delete(find(session, boat_id))
    session.commit()
