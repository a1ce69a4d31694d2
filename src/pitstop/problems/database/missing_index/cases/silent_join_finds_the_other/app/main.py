from fastapi import FastAPI
from sqlalchemy import func, select

from app.database import SessionDep
from app.models import Customer, Order

app = FastAPI()


@app.get("/orders/count")
def count(session: SessionDep) -> int:
    statement = select(func.count(), Order.number).select_from(Order)
    statement = statement.join(Customer, Customer.id == Order.customer_id)
    return session.execute(statement).scalar_one()
