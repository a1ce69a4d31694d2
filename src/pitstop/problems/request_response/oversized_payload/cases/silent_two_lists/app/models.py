from sqlalchemy import ForeignKey
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, relationship


class Base(DeclarativeBase):
    pass


class Trip(Base):
    __tablename__ = "trips"

    id: Mapped[int] = mapped_column(primary_key=True)
    title: Mapped[str]
    stops: Mapped[list["Stop"]] = relationship()
    guests: Mapped[list["Guest"]] = relationship()
    photos: Mapped[list["Photo"]] = relationship()


class Stop(Base):
    __tablename__ = "stops"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str]
    trip_id: Mapped[int] = mapped_column(ForeignKey("trips.id"), index=True)


class Guest(Base):
    __tablename__ = "guests"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str]
    trip_id: Mapped[int] = mapped_column(ForeignKey("trips.id"), index=True)


class Photo(Base):
    __tablename__ = "photos"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str]
    trip_id: Mapped[int] = mapped_column(ForeignKey("trips.id"), index=True)
