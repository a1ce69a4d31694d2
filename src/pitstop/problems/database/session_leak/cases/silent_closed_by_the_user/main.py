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


def get_db() -> Session:
    return maker()


@app.get("/rooms/{room_id}")
def room(room_id: int, db: Session = Depends(get_db)) -> str:
    with db:
        return db.scalars(select(Room).where(Room.id == room_id)).one().name
