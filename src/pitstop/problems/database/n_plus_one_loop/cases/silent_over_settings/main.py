from config import NOTICE_DAYS, settings
from fastapi import Depends, FastAPI
from sqlalchemy import select
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column

app = FastAPI()


class Base(DeclarativeBase):
    pass


class Reminder(Base):
    __tablename__ = "reminders"
    id: Mapped[int] = mapped_column(primary_key=True)
    days: Mapped[int]


def get_session() -> Session: ...


@app.get("/reminders")
def reminders(session: Session = Depends(get_session)) -> list[int]:
    found = []
    for days in sorted(NOTICE_DAYS):
        found += [row.id for row in session.scalars(select(Reminder).where(Reminder.days == days))]
    for days in settings.late_days:
        found += [row.id for row in session.scalars(select(Reminder).where(Reminder.days == days))]
    return found
