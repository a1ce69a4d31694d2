from sqlalchemy import create_engine, delete
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column
from sqlalchemy.pool import StaticPool


class Base(DeclarativeBase):
    pass


class Order(Base):
    __tablename__ = "orders"
    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(default="")
    views: Mapped[int] = mapped_column(default=0)
    last_seen_at: Mapped[int] = mapped_column(default=0)


engine = create_engine("sqlite://", poolclass=StaticPool, connect_args={"check_same_thread": False})
Base.metadata.create_all(engine)
with Session(engine) as session:
    session.add_all(Order(id=number, name="old") for number in range(1, 4))
    session.commit()


def replaced(number: int) -> int:
    with Session(engine) as session:
        order = Order(name=f"copy of {number}")
        session.add(order)
        session.execute(delete(Order).where(Order.id == number))
        session.commit()
        return order.id
