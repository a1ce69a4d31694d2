from sqlalchemy import UniqueConstraint
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column


class Base(DeclarativeBase): ...


class Setting(Base):
    __tablename__ = "settings"
    __table_args__ = (UniqueConstraint("shop", "key", name="one_of_a_kind"),)
    id: Mapped[int] = mapped_column(primary_key=True)
    shop: Mapped[str] = mapped_column()
    key: Mapped[str] = mapped_column()
