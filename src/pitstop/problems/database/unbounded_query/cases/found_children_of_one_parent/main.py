from fastapi import Depends, FastAPI
from sqlalchemy import ForeignKey, select
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column

app = FastAPI()


class Base(DeclarativeBase):
    pass


class Pump(Base):
    __tablename__ = "pumps"
    id: Mapped[int] = mapped_column(primary_key=True)


class PumpLog(Base):
    __tablename__ = "pump_logs"
    id: Mapped[int] = mapped_column(primary_key=True)
    pump_id: Mapped[int] = mapped_column(ForeignKey("pumps.id"), index=True)
    text: Mapped[str]


class Outage(Base):
    __tablename__ = "outages"
    id: Mapped[int] = mapped_column(primary_key=True)


class OutageLog(Base):
    __tablename__ = "logs_of_outages"
    outage_id: Mapped[int] = mapped_column(ForeignKey("outages.id"), primary_key=True)
    log_id: Mapped[int] = mapped_column(ForeignKey("pump_logs.id"), primary_key=True)


def session() -> Session: ...


def work(db: Session) -> None:
    """A worker of its own process."""
    db.add(PumpLog(pump_id=1, text="on"))
    db.commit()


def logs_of(db: Session, pump: int) -> list[PumpLog]:
    return list(db.scalars(select(PumpLog).where(PumpLog.pump_id == pump)).all())


@app.get("/pumps/{key}")
def pump(key: int, db: Session = Depends(session)) -> list[str]:
    return [log.text for log in logs_of(db, key)]


@app.get("/outages/{key}/logs")
def outage(key: int, db: Session = Depends(session)) -> list[str]:
    between = select(PumpLog).join(OutageLog, OutageLog.log_id == PumpLog.id)
    return [log.text for log in db.scalars(between.where(OutageLog.outage_id == key)).all()]
