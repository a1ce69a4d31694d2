from collections.abc import Iterator
from typing import Annotated

from fastapi import Depends, FastAPI
from sqlmodel import Field, Session, SQLModel, create_engine, select

engine = create_engine("sqlite://")
app = FastAPI()


class Team(SQLModel, table=True):
    id: int | None = Field(default=None, primary_key=True)


class Hero(SQLModel, table=True):
    id: int | None = Field(default=None, primary_key=True)
    team_id: int = Field(foreign_key="team.id")


def session() -> Iterator[Session]:
    with Session(engine) as opened:
        yield opened


@app.get("/teams/{team_id}")
def team(team_id: int, db: Annotated[Session, Depends(session)]) -> list[int]:
    return [hero.id for hero in db.exec(select(Hero).where(Hero.team_id == team_id))]
