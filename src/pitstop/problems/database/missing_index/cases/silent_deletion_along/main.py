from fastapi import Depends, FastAPI
from sqlalchemy import ForeignKey, delete
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, backref, mapped_column, relationship

app = FastAPI()


class Base(DeclarativeBase):
    def destroy(self, db: Session) -> None:
        db.delete(self)


class Workspace(Base):
    __tablename__ = "workspaces"
    id: Mapped[int] = mapped_column(primary_key=True)


class WorkspaceLog(Base):
    __tablename__ = "workspace_logs"
    id: Mapped[int] = mapped_column(primary_key=True)
    workspace_id: Mapped[int] = mapped_column(ForeignKey("workspaces.id"))


class Owner(Base):
    __tablename__ = "owners"
    id: Mapped[int] = mapped_column(primary_key=True)


class Truck(Base):
    __tablename__ = "trucks"
    id: Mapped[int] = mapped_column(primary_key=True)
    owner_id: Mapped[int] = mapped_column(ForeignKey("owners.id"), index=True)
    owner = relationship(Owner, backref=backref("trucks", cascade="all, delete-orphan"))
    seats: Mapped[list["Seat"]] = relationship(cascade="all, delete-orphan")


class Seat(Base):
    __tablename__ = "seats"
    id: Mapped[int] = mapped_column(primary_key=True)
    truck_id: Mapped[int] = mapped_column(ForeignKey("trucks.id"), index=True)


class SeatColour(Base):
    __tablename__ = "seat_colours"
    id: Mapped[int] = mapped_column(primary_key=True)
    seat_id: Mapped[int] = mapped_column(ForeignKey("seats.id"))


class OwnerLog(Base):
    __tablename__ = "owner_logs"
    id: Mapped[int] = mapped_column(primary_key=True)
    owner_id: Mapped[int] = mapped_column(ForeignKey("owners.id"))


class Trailer(Base):
    __tablename__ = "trailers"
    id: Mapped[int] = mapped_column(primary_key=True)
    wheels: Mapped[list["Wheel"]] = relationship(cascade="all, delete-orphan")


class Wheel(Base):
    __tablename__ = "wheels"
    id: Mapped[int] = mapped_column(primary_key=True)
    trailer_id: Mapped[int] = mapped_column(ForeignKey("trailers.id"), index=True)


class WheelEvent(Base):
    __tablename__ = "wheel_events"
    id: Mapped[int] = mapped_column(primary_key=True)
    wheel_id: Mapped[int] = mapped_column(ForeignKey("wheels.id"))


def session() -> Session: ...


@app.delete("/workspaces/{key}")
def remove_workspace(key: int, db: Session = Depends(session)) -> None:
    db.get_one(Workspace, key).destroy(db)


@app.delete("/trucks/{key}")
def remove_truck(key: int, db: Session = Depends(session)) -> None:
    db.get_one(Truck, key).destroy(db)


@app.delete("/trailers")
def remove_trailers(db: Session = Depends(session)) -> None:
    db.execute(delete(Trailer))
