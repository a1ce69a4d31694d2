from fastapi import Depends, FastAPI
from sqlalchemy import ForeignKey, select
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column

app = FastAPI()


class Base(DeclarativeBase):
    pass


class Bench(Base):
    __tablename__ = "benches"
    id: Mapped[int] = mapped_column(primary_key=True)


class Plank(Base):
    __tablename__ = "planks"
    id: Mapped[int] = mapped_column(primary_key=True)
    bench_id: Mapped[int] = mapped_column(ForeignKey("benches.id"))


class Repair(Base):
    __tablename__ = "repairs"
    id: Mapped[int] = mapped_column(primary_key=True)
    log_id: Mapped[int] = mapped_column(ForeignKey("bench_logs.id"))


class BenchLog(Base):
    __tablename__ = "bench_logs"
    id: Mapped[int] = mapped_column(primary_key=True)
    bench_id: Mapped[int] = mapped_column(ForeignKey("benches.id"))
    code: Mapped[str]


def session() -> Session: ...


@app.post("/benches")
def add(db: Session = Depends(session)) -> None:
    db.add(Bench())
    db.add(Plank(bench_id=1))
    db.add(BenchLog(bench_id=1, code="new"))
    db.commit()


@app.get("/benches/{key}")
def bench(key: int, code: str, db: Session = Depends(session)) -> list[int]:
    found = [plank.id for plank in db.scalars(select(Plank).where(Plank.bench_id == key)).all()]
    coded = select(BenchLog).where(BenchLog.bench_id == key, BenchLog.code == code)
    found += [log.id for log in db.scalars(coded).all()]
    repaired = select(BenchLog).join(Repair, Repair.log_id == BenchLog.id).where(Repair.id == key)
    return found + [log.id for log in db.scalars(repaired).all()]
