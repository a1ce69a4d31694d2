from fastapi import FastAPI
from sqlalchemy import select

from app.database import SessionDep
from app.models import Order
from app.schemas import OrderOut

app = FastAPI()


@app.get("/orders", response_model=list[OrderOut])
def orders(session: SessionDep):
    return session.scalars(select(Order).order_by(Order.id).limit(50)).all()
