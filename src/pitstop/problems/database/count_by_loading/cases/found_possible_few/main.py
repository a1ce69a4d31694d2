from collections.abc import Iterator
from typing import Annotated

from fastapi import Depends, FastAPI, HTTPException
from sqlalchemy import create_engine, delete, select
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column

app = FastAPI()
engine = create_engine("sqlite://")
_MOST = 3


class Base(DeclarativeBase):
    pass


class Attempt(Base):
    __tablename__ = "attempt"
    id: Mapped[int] = mapped_column(primary_key=True)
    owner: Mapped[str] = mapped_column(index=True)


def opened() -> Iterator[Session]:
    with Session(engine) as session:
        yield session


SessionDep = Annotated[Session, Depends(opened)]


@app.post("/attempts")
def attempt(owner: str, session: SessionDep) -> None:
    recent = session.scalars(select(Attempt).where(Attempt.owner == owner)).all()
    if len(recent) >= _MOST:
        raise HTTPException(429)
    session.add(Attempt(owner=owner))
    session.commit()


@app.delete("/attempts")
def forget(owner: str, session: SessionDep) -> int:
    session.execute(delete(Attempt).where(Attempt.owner == owner))
    left = session.scalars(select(Attempt).where(Attempt.owner == owner)).all()
    return len(left)


@app.get("/attempts/any")
def tried(owner: str, session: SessionDep) -> bool:
    found = session.scalars(select(Attempt).where(Attempt.owner == owner)).all()
    return bool(found)


@app.get("/attempts")
def attempts(owner: str, session: SessionDep) -> int:
    counted = session.scalars(select(Attempt).where(Attempt.owner == owner)).all()
    return len(counted)
