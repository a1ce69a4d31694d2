from datetime import datetime

from fastapi import Depends, FastAPI
from sqlalchemy import Select, func, select
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column

app = FastAPI()


class Base(DeclarativeBase):
    pass


class PrintJob(Base):
    __tablename__ = "print_jobs"
    id: Mapped[int] = mapped_column(primary_key=True)
    printer: Mapped[str] = mapped_column(index=True)
    began: Mapped[datetime]
    expires_at: Mapped[datetime]


class Folder(Base):
    __tablename__ = "folders"
    id: Mapped[int] = mapped_column(primary_key=True)
    made: Mapped[datetime]


def session() -> Session: ...


def since(statement: Select[tuple[int]], moment: datetime) -> Select[tuple[int]]:
    return statement.where(PrintJob.began >= moment)


def of_printer(name: str) -> list:
    return [PrintJob.printer == name]


@app.get("/jobs")
def jobs(printer: str, moment: datetime, db: Session = Depends(session)) -> list[int]:
    found = list(db.scalars(select(PrintJob.id).where(PrintJob.printer == printer, PrintJob.began > moment)))
    found += db.scalars(since(select(PrintJob.id).where(PrintJob.printer == printer), moment))
    found += db.scalars(select(PrintJob.id).where(*of_printer(printer)).order_by(PrintJob.began).limit(5))
    found += db.scalars(select(PrintJob.id).where(PrintJob.expires_at > moment))
    newest = select(func.max(PrintJob.id)).group_by(PrintJob.printer).subquery()
    found += db.scalars(select(PrintJob.id).join(newest, True).order_by(PrintJob.began).limit(5))
    found += db.scalars(select(PrintJob.id).order_by(PrintJob.began))
    found += db.scalars(select(PrintJob.id).order_by(PrintJob.printer, PrintJob.began).limit(5))
    return found


@app.get("/folders")
def folders(db: Session = Depends(session)) -> list[int]:
    return list(db.scalars(select(Folder.id).order_by(Folder.made.desc()).limit(20)))
