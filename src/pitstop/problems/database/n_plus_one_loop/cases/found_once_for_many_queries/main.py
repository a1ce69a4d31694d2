from fastapi import Depends, FastAPI
from sqlalchemy import select
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column

app = FastAPI()


class Base(DeclarativeBase): ...


class Team(Base):
    __tablename__ = "teams"
    id: Mapped[int] = mapped_column(primary_key=True)


class Match(Base):
    __tablename__ = "matches"
    id: Mapped[int] = mapped_column(primary_key=True)
    home_id: Mapped[int] = mapped_column(index=True)
    guest_id: Mapped[int] = mapped_column(index=True)


class Player(Base):
    __tablename__ = "players"
    id: Mapped[int] = mapped_column(primary_key=True)
    team_id: Mapped[int] = mapped_column(index=True)


def get_session() -> Session: ...


@app.get("/teams")
def teams(session: Session = Depends(get_session)) -> list[int]:
    found = []
    for team in session.scalars(select(Team)).all():
        home = session.scalars(select(Match).where(Match.home_id == team.id)).all()
        guest = session.scalars(select(Match).where(Match.guest_id == team.id)).all()
        players = session.scalars(select(Player).where(Player.team_id == team.id)).all()
        found.append(len(home) + len(guest) + len(players))
    return found
