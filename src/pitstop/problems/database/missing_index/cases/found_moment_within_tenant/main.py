from datetime import datetime

from fastapi import Depends, FastAPI
from sqlalchemy import ForeignKey, Index, desc, func, select
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column

app = FastAPI()


class Base(DeclarativeBase):
    pass


class Tenant(Base):
    __tablename__ = "tenants"
    id: Mapped[int] = mapped_column(primary_key=True)


class BackupRun(Base):
    __tablename__ = "backup_runs"
    __table_args__ = (Index("ix_runs", "tenant_id", "host", "began"),)
    id: Mapped[int] = mapped_column(primary_key=True)
    tenant_id: Mapped[int] = mapped_column(ForeignKey("tenants.id"))
    host: Mapped[str]
    began: Mapped[datetime]


class LoginEvent(Base):
    __tablename__ = "login_events"
    id: Mapped[int] = mapped_column(primary_key=True)
    at: Mapped[datetime]
    country: Mapped[str]


def session() -> Session: ...


@app.get("/runs/count")
def runs(tenant: int, since: datetime, db: Session = Depends(session)) -> int:
    statement = select(func.count(BackupRun.id)).where(BackupRun.tenant_id == tenant)
    statement = statement.where(BackupRun.began >= since)
    return db.scalar(statement) or 0


@app.get("/logins")
def logins(db: Session = Depends(session)) -> list[str]:
    newest = select(LoginEvent.country).order_by(desc(LoginEvent.at), LoginEvent.id).limit(50)
    return list(db.scalars(newest))
