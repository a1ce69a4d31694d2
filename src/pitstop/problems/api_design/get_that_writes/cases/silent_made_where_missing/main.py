from fastapi import FastAPI
from sqlalchemy import create_engine, select
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


class Setting(Base):
    __tablename__ = "settings"
    id: Mapped[int] = mapped_column(primary_key=True)
    person: Mapped[int]
    theme: Mapped[str] = mapped_column(default="dark")



engine = create_engine("sqlite://", poolclass=StaticPool, connect_args={"check_same_thread": False})
Base.metadata.create_all(engine)
with Session(engine) as session:
    session.add_all(Order(id=number, name="old") for number in range(1, 4))
    session.commit()
app = FastAPI()


@app.get("/settings/{person}")
def settings(person: int) -> str:
    with Session(engine) as session:
        found = session.scalars(select(Setting).where(Setting.person == person)).first()
        if found is None:
            found = Setting(person=person)
            session.add(found)
            session.commit()
        return found.theme


@app.get("/orders/{number}")
def order(number: int) -> str:
    with Session(engine) as session:
        order = session.get_one(Order, number)
        if order.name == "old":
            order.name = f"order-{number}"
            session.commit()
        return order.name
