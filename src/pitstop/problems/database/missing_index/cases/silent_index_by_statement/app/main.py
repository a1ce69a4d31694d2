from fastapi import FastAPI
from sqlalchemy import select

from app.database import SessionDep
from app.models import Order

app = FastAPI()


@app.get("/customers/{customer_id}/orders")
def orders(customer_id: int, session: SessionDep) -> list[int]:
    return [o.id for o in session.scalars(select(Order).where(Order.customer_id == customer_id))]
