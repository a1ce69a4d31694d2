import httpx
from fastapi import FastAPI
from sqlalchemy import create_engine
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
app = FastAPI()


client = httpx.Client(
    base_url="http://shipping.test", transport=httpx.MockTransport(lambda request: httpx.Response(200, text="sent"))
)


@app.get("/orders/{number}")
def order(number: int) -> str:
    with Session(engine) as session:
        order = session.get_one(Order, number)
        order.name = client.get(f"/{number}").text
        session.commit()
        return order.name
