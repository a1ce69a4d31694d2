from fastapi import FastAPI
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


class OrderVisit(Base):
    __tablename__ = "order_visits"
    id: Mapped[int] = mapped_column(primary_key=True)
    order: Mapped[int]


class Basket(Base):
    __tablename__ = "baskets"
    id: Mapped[int] = mapped_column(primary_key=True)
    expired_at: Mapped[int]



engine = create_engine("sqlite://", poolclass=StaticPool, connect_args={"check_same_thread": False})
Base.metadata.create_all(engine)
with Session(engine) as session:
    session.add_all(Basket(expired_at=number) for number in range(3))
    session.add_all(Order(id=number, name="old") for number in range(1, 4))
    session.commit()
app = FastAPI()


@app.get("/orders/{number}")
def order(number: int) -> str:
    with Session(engine) as session:
        order = session.get_one(Order, number)
        order.views += 1
        order.last_seen_at = 7
        session.add(OrderVisit(order=number))
        session.execute(delete(Basket).where(Basket.expired_at < number))
        session.commit()
        return order.name
