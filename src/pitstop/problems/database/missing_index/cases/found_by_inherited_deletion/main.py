from fastapi import Depends, FastAPI
from sqlalchemy import ForeignKey, delete, select
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column, relationship

app = FastAPI()


class Base(DeclarativeBase):
    @classmethod
    def read(cls, db: Session, key: int) -> "Base":
        return db.scalars(select(cls).where(cls.id == key)).one()

    @classmethod
    def clear(cls, db: Session, keys: list[int]) -> None:
        db.execute(delete(cls).where(cls.id.in_(keys)))

    def destroy(self, db: Session) -> None:
        db.delete(self)
        db.commit()


class Robot(Base):
    __tablename__ = "robots"
    id: Mapped[int] = mapped_column(primary_key=True)
    rides: Mapped[list["Ride"]] = relationship(cascade="all, delete-orphan")


class Ride(Base):
    __tablename__ = "rides"
    id: Mapped[int] = mapped_column(primary_key=True)
    robot_id: Mapped[int] = mapped_column(ForeignKey("robots.id"), index=True)


class Stop(Base):
    __tablename__ = "stops"
    id: Mapped[int] = mapped_column(primary_key=True)
    ride_id: Mapped[int] = mapped_column(ForeignKey("rides.id", ondelete="CASCADE"), index=True)


class StopEvent(Base):
    __tablename__ = "stop_events"
    id: Mapped[int] = mapped_column(primary_key=True)
    stop_id: Mapped[int | None] = mapped_column(ForeignKey("stops.id", ondelete="SET NULL"))


class Depot(Base):
    __tablename__ = "depots"
    id: Mapped[int] = mapped_column(primary_key=True)


class Shelf(Base):
    __tablename__ = "shelves"
    id: Mapped[int] = mapped_column(primary_key=True)
    depot_id: Mapped[int] = mapped_column(ForeignKey("depots.id"))


def session() -> Session: ...


@app.delete("/robots/{key}")
def remove(key: int, db: Session = Depends(session)) -> None:
    robots = [Robot.read(db, key)]
    for robot in robots:
        robot.destroy(db)


@app.post("/depots/clear")
def clear(keys: list[int], db: Session = Depends(session)) -> None:
    Depot.clear(db, keys)
