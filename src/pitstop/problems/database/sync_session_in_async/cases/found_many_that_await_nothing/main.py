from fastapi import Depends, FastAPI
from sqlalchemy import select
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column

app = FastAPI()


class Base(DeclarativeBase): ...


class Room(Base):
    __tablename__ = "rooms"
    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str]


def get_session() -> Session: ...


@app.get("/rooms/0")
async def room_0(session: Session = Depends(get_session)) -> str:
    return session.scalars(select(Room).where(Room.id == 0)).one().name


@app.get("/rooms/1")
async def room_1(session: Session = Depends(get_session)) -> str:
    return session.scalars(select(Room).where(Room.id == 1)).one().name


@app.get("/rooms/2")
async def room_2(session: Session = Depends(get_session)) -> str:
    return session.scalars(select(Room).where(Room.id == 2)).one().name


@app.get("/rooms/3")
async def room_3(session: Session = Depends(get_session)) -> str:
    return session.scalars(select(Room).where(Room.id == 3)).one().name


@app.get("/rooms/4")
async def room_4(session: Session = Depends(get_session)) -> str:
    return session.scalars(select(Room).where(Room.id == 4)).one().name


@app.get("/rooms/5")
async def room_5(session: Session = Depends(get_session)) -> str:
    return session.scalars(select(Room).where(Room.id == 5)).one().name


@app.get("/rooms/6")
async def room_6(session: Session = Depends(get_session)) -> str:
    return session.scalars(select(Room).where(Room.id == 6)).one().name


@app.get("/rooms/7")
async def room_7(session: Session = Depends(get_session)) -> str:
    return session.scalars(select(Room).where(Room.id == 7)).one().name


@app.get("/rooms/8")
async def room_8(session: Session = Depends(get_session)) -> str:
    return session.scalars(select(Room).where(Room.id == 8)).one().name


@app.get("/rooms/9")
async def room_9(session: Session = Depends(get_session)) -> str:
    return session.scalars(select(Room).where(Room.id == 9)).one().name


@app.get("/rooms/10")
async def room_10(session: Session = Depends(get_session)) -> str:
    return session.scalars(select(Room).where(Room.id == 10)).one().name


@app.get("/rooms/11")
async def room_11(session: Session = Depends(get_session)) -> str:
    return session.scalars(select(Room).where(Room.id == 11)).one().name


@app.get("/rooms/12")
async def room_12(session: Session = Depends(get_session)) -> str:
    return session.scalars(select(Room).where(Room.id == 12)).one().name


@app.get("/rooms/13")
async def room_13(session: Session = Depends(get_session)) -> str:
    return session.scalars(select(Room).where(Room.id == 13)).one().name


@app.get("/rooms/14")
async def room_14(session: Session = Depends(get_session)) -> str:
    return session.scalars(select(Room).where(Room.id == 14)).one().name


@app.get("/rooms/15")
async def room_15(session: Session = Depends(get_session)) -> str:
    return session.scalars(select(Room).where(Room.id == 15)).one().name


@app.get("/rooms/16")
async def room_16(session: Session = Depends(get_session)) -> str:
    return session.scalars(select(Room).where(Room.id == 16)).one().name


@app.get("/rooms/17")
async def room_17(session: Session = Depends(get_session)) -> str:
    return session.scalars(select(Room).where(Room.id == 17)).one().name


@app.get("/rooms/18")
async def room_18(session: Session = Depends(get_session)) -> str:
    return session.scalars(select(Room).where(Room.id == 18)).one().name


@app.get("/rooms/19")
async def room_19(session: Session = Depends(get_session)) -> str:
    return session.scalars(select(Room).where(Room.id == 19)).one().name
