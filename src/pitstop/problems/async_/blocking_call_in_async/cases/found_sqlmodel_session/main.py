from collections.abc import Iterator
from typing import Annotated

from fastapi import Depends, FastAPI
from sqlmodel import Field, Session, SQLModel, create_engine, select

engine = create_engine("sqlite://")
app = FastAPI()


class Hero(SQLModel, table=True):
    id: int | None = Field(default=None, primary_key=True)
    name: str


def session() -> Iterator[Session]:
    with Session(engine) as opened:
        yield opened


@app.get("/heroes")
async def heroes(db: Annotated[Session, Depends(session)]) -> list[Hero]:
    return list(db.exec(select(Hero).limit(10)).all())
