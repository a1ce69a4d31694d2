"""A small service, slow in three places, for the proofs to be made on."""

import time
import uuid
from collections.abc import Iterator
from typing import Annotated, Any

from fastapi import Depends, FastAPI, HTTPException, Response
from pydantic import BaseModel
from sqlalchemy import ForeignKey, create_engine, select
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column, relationship
from sqlalchemy.pool import StaticPool

engine = create_engine("sqlite://", poolclass=StaticPool, connect_args={"check_same_thread": False})
app = FastAPI()


class Base(DeclarativeBase):
    pass


class Customer(Base):
    __tablename__ = "customers"
    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str]


class Order(Base):
    __tablename__ = "orders"
    id: Mapped[int] = mapped_column(primary_key=True)
    customer_id: Mapped[int] = mapped_column(ForeignKey("customers.id"))
    total: Mapped[int]
    customer: Mapped[Customer] = relationship()


class Audit(Base):
    __tablename__ = "audits"
    id: Mapped[int] = mapped_column(primary_key=True)
    text: Mapped[str]


class NewOrder(BaseModel):
    customer_id: int
    total: int


class Tag(BaseModel):
    name: str
    weight: int
    colour: str
    shown: bool


def session() -> Iterator[Session]:
    with Session(engine) as opened:
        yield opened


Database = Annotated[Session, Depends(session)]


@app.get("/orders")
def orders(db: Database) -> Any:
    rows = db.scalars(select(Order).order_by(Order.id)).all()
    return [{"id": row.id, "total": row.total, "customer": row.customer.name} for row in rows]


@app.post("/orders", status_code=201)
def new_order(order: NewOrder, response: Response, db: Database) -> Any:
    customer = db.get(Customer, order.customer_id)
    if customer is None:
        raise HTTPException(404, "no such customer")
    made = Order(customer_id=customer.id, total=order.total)
    db.add(made)
    db.add(Audit(text=f"order of {customer.name}"))
    db.commit()
    response.headers["location"] = f"/orders/{made.id}"
    response.set_cookie("last", str(made.id))
    return {"id": made.id, "token": uuid.uuid4().hex}


@app.get("/orders/{number}")
def order(number: int, response: Response, db: Database) -> Any:
    found = db.get(Order, number)
    if found is None:
        raise HTTPException(404, "no such order")
    response.headers["x-total"] = str(found.total)
    return {"id": found.id, "total": found.total, "customer": found.customer.name}


@app.get("/report")
async def report() -> Any:
    time.sleep(0.04)
    return {"made": "report"}


@app.get("/tags")
def tags():  # type: ignore[no-untyped-def]  # the missing annotation is what is mended
    return [Tag(name=f"tag {number}", weight=number, colour="red", shown=True) for number in range(300)]


@app.get("/mood")
def mood() -> Any:
    return {"clock": time.perf_counter(), "mood": "good"}


@app.get("/hidden")
def hidden() -> Any:
    return {"seen": "never"}


@app.get("/divide")
def divide(by: int) -> Any:
    if by == 0:
        raise HTTPException(400, "cannot divide by zero")
    return {"result": 100 // by}
