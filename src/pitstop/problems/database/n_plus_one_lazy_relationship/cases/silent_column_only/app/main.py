from fastapi import FastAPI
from sqlalchemy import select

from app.database import SessionDep
from app.models import Order

app = FastAPI()


@app.get("/orders")
def orders(session: SessionDep) -> list[int]:
    return [order.customer_id for order in session.scalars(select(Order).limit(50))]
