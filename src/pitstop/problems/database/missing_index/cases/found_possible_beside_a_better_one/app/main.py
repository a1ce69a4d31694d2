from fastapi import FastAPI
from sqlalchemy import select

from app.database import SessionDep
from app.models import Order

app = FastAPI()


@app.get("/customers/{customer_id}/orders/{number}")
def order(customer_id: int, number: str, session: SessionDep) -> int:
    wanted = select(Order).where(Order.customer_id == customer_id, Order.number == number)
    return session.scalars(wanted).one().id
