from fastapi import Depends, FastAPI
from sqlalchemy import ForeignKey, create_engine, select
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column

app = FastAPI()
engine = create_engine("mysql+pymysql://db/rooms")


class Base(DeclarativeBase): ...


class Guest(Base):
    __tablename__ = "guests"
    id: Mapped[int] = mapped_column(primary_key=True)


class Booking(Base):
    __tablename__ = "bookings"
    id: Mapped[int] = mapped_column(primary_key=True)
    guest_id: Mapped[int] = mapped_column(ForeignKey("guests.id"))


def get_session():
    with Session(engine) as session:
        yield session


@app.get("/guests/{guest_id}/bookings")
def bookings(guest_id: int, session: Session = Depends(get_session)) -> list[int]:
    return [row.id for row in session.scalars(select(Booking).where(Booking.guest_id == guest_id))]


Base.metadata.create_all(engine)
