from sqlalchemy import Index
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column


class Base(DeclarativeBase): ...


class Visit(Base):
    __tablename__ = "visits"
    __table_args__ = (Index("ix_visits_page_seen", "page", "seen_at"), Index("ix_visits_seen", "seen_at"))
    id: Mapped[int] = mapped_column(primary_key=True)
    page: Mapped[str] = mapped_column()
    seen_at: Mapped[int] = mapped_column()
