from sqlalchemy import Index
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column


class Base(DeclarativeBase): ...


class Visit(Base):
    __tablename__ = "visits"
    __table_args__ = (Index("by_page_and_time", "page", "seen_at"),)
    id: Mapped[int] = mapped_column(primary_key=True)
    page: Mapped[str] = mapped_column(index=True)
    seen_at: Mapped[int] = mapped_column()
