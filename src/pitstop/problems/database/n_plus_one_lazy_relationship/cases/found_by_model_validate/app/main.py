from fastapi import FastAPI
from sqlalchemy import select

from app.database import SessionDep
from app.models import Order
from app.schemas import OrderOut

app = FastAPI()


@app.get("/orders")
def orders(session: SessionDep) -> dict[str, list[OrderOut]]:
    rows = session.scalars(select(Order).order_by(Order.id).limit(50)).all()
    return {"orders": [OrderOut.model_validate(row) for row in rows]}


@app.get("/orders/{order_id}")
def one(order_id: int, session: SessionDep) -> OrderOut:
    return OrderOut.model_validate(session.get_one(Order, order_id))
