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


def find(session: Session, name: str) -> Boat | None:
    return session.scalars(select(Boat).where(Boat.name == name)).first()


@app.get("/boats/{name}")
def read(name: str, session: Db, shout: bool = False) -> str:
    if shout:
        boat = find(session, name)
        return boat.owner.upper()
    boat = find(session, name)
    return boat.owner


def must_exist(name: str, session: Db, lax: bool = False) -> None:
    if lax:
        return
    if find(session, name) is None:
        raise HTTPException(404)


@app.get("/boats/{name}/owner", dependencies=[Depends(must_exist)])
def owner(name: str, session: Db) -> str | None:
    boat = find(session, name)
    return boat and boat.owner
