from sqlalchemy import CHAR, LargeBinary, String
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column


class Base(DeclarativeBase):
    pass


class Notice(Base):
    __tablename__ = "notices"

    id: Mapped[int] = mapped_column(primary_key=True)
    opened: Mapped[str] = mapped_column(CHAR(1), server_default="0")
    shown: Mapped[str] = mapped_column(String(length=1), comment="0 no, 1 yes")
    del_flag: Mapped[str] = mapped_column(String(8))
    content: Mapped[bytes] = mapped_column(LargeBinary)
