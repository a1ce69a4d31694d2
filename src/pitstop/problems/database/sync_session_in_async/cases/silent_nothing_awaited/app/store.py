from sqlalchemy import create_engine, select
from sqlalchemy.orm import Session, sessionmaker

from app.models import Room

maker = sessionmaker(create_engine("postgresql://db/rooms"))


def get_session():
    with maker() as session:
        yield session


class Rooms:
    def __init__(self, session: Session) -> None:
        self.session = session

    def named(self, name: str) -> Room | None:
        return self.session.scalars(select(Room).where(Room.name == name)).first()
