from fastapi import FastAPI
from sqlalchemy.orm import selectinload

from app.database import SessionDep
from app.models import Order
from app.orders import newest, options
from app.schemas import OrderOut

app = FastAPI()


@app.get("/orders", response_model=list[OrderOut])
def orders(session: SessionDep):
    return newest(session, selectinload(Order.customer))


@app.get("/orders/names")
def names(session: SessionDep):
    return [order.customer.name for order in session.query(Order).options(*options()).limit(50).all()]
