from datetime import datetime

from fastapi import Depends, FastAPI
from sqlalchemy import Index, String, desc, select, text
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column

app = FastAPI()


class Base(DeclarativeBase):
    pass


class BackupRun(Base):
    __tablename__ = "backup_runs"
    __table_args__ = (
        Index("ix_runs_began", "tenant_id", text("began DESC")),
        Index("ix_runs_ended", "tenant_id", desc("ended")),
        Index("ix_runs_failed", "failed", postgresql_where=text("failed IS NOT NULL")),
    )
    id: Mapped[int] = mapped_column(primary_key=True)
    tenant_id: Mapped[str] = mapped_column(String(20))
    began: Mapped[datetime]
    ended: Mapped[datetime]
    failed: Mapped[datetime]


def session() -> Session: ...


@app.get("/runs")
def runs(tenant: str, since: datetime, db: Session = Depends(session)) -> list[int]:
    own = select(BackupRun.id).where(BackupRun.tenant_id == tenant)
    found = list(db.scalars(own.where(BackupRun.began >= since).order_by(BackupRun.began.desc()).limit(9)))
    found += db.scalars(own.order_by(BackupRun.ended.desc()).limit(9))
    found += db.scalars(select(BackupRun.id).where(BackupRun.failed > since))
    return found
