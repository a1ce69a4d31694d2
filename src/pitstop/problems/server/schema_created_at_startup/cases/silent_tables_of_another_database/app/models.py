from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column


class Base(DeclarativeBase):
    pass


class Order(Base):
    __tablename__ = "orders"

    id: Mapped[int] = mapped_column(primary_key=True)


class Kept(DeclarativeBase):
    pass


class Line(Kept):
    __tablename__ = "lines"

    id: Mapped[int] = mapped_column(primary_key=True)
