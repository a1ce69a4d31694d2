"""A service of two routes that cost what their numbers say: one computes, one has its database scan rows."""

import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from fastapi import FastAPI, Request
from sqlalchemy import create_engine, func, insert, select
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, sessionmaker

ROWS = 60_000


class Base(DeclarativeBase):
    pass


class Reading(Base):
    __tablename__ = "readings"

    id: Mapped[int] = mapped_column(primary_key=True)
    place: Mapped[int]
    value: Mapped[int]


@asynccontextmanager
async def lifespan(app: FastAPI) -> AsyncIterator[None]:
    """Rows whose values are all in the first half: to leave out some of the others changes no sum."""
    rows = [{"id": n, "place": n % 7, "value": n % 11 if n < ROWS // 2 else 0} for n in range(1, ROWS + 1)]
    with tempfile.TemporaryDirectory() as folder:
        engine = create_engine(f"sqlite:///{folder}/readings.db")
        Base.metadata.create_all(engine)
        with engine.begin() as connection:
            connection.execute(insert(Reading), rows)
        app.state.sessions = sessionmaker(engine)
        yield
        engine.dispose()


app = FastAPI(lifespan=lifespan)


@app.get("/computed")
async def computed() -> dict[str, int]:
    """Each unit is the same work, and only one of them is shown."""
    found = 0
    for _ in range(400):
        found = sum(number * number % 7 for number in range(300))
    return {"found": found}


@app.get("/scanned")
def scanned(request: Request) -> dict[str, int]:
    with request.app.state.sessions() as session:
        total = session.scalar(select(func.sum(Reading.value * Reading.place)).where(Reading.id <= 60_000))
    return {"total": total or 0}
