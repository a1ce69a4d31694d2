from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

revision = "0001"
down_revision = None


class Base(DeclarativeBase):
    pass


class User(Base):
    __tablename__ = "users"
    id: Mapped[int] = mapped_column(primary_key=True)


def upgrade() -> None: ...
