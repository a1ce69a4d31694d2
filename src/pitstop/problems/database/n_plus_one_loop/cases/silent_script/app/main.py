from fastapi import FastAPI
from sqlalchemy import select

from app.database import SessionDep
from app.models import Customer, Order

app = FastAPI()


@app.get("/")
def root() -> str:
    return "ok"


def repair(session: SessionDep) -> None:
    for order in session.scalars(select(Order)):
        print(session.get(Customer, order.customer_id))
