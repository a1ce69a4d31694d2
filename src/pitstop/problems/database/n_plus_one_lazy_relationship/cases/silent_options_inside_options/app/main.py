from fastapi import FastAPI
from sqlalchemy import select
from sqlalchemy.orm import selectinload

from app.database import SessionDep
from app.models import Customer, Order
from app.schemas import CustomerOut

app = FastAPI()


@app.get("/customers", response_model=list[CustomerOut])
def customers(session: SessionDep):
    statement = select(Customer).options(
        selectinload(Customer.orders).options(selectinload(Order.lines), selectinload(Order.notes))
    )
    return session.scalars(statement.order_by(Customer.id).limit(50)).all()
