from fastapi import Depends, FastAPI
from sqlalchemy import create_engine, select
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column, sessionmaker

app = FastAPI()
maker = sessionmaker(create_engine("postgresql://db/rooms"))


class Base(DeclarativeBase): ...


class Room(Base):
    __tablename__ = "rooms"
    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str]


from contextlib import closing


@app.get("/rooms/{room_id}")
def room(room_id: int) -> str:
    db = maker()
    try:
        name = db.scalars(select(Room).where(Room.id == room_id)).one().name
    finally:
        db.close()
    other = maker()
    with other:
        other.scalars(select(Room)).all()
    third = maker()
    with closing(third) as again:
        again.scalars(select(Room)).all()
    return name
