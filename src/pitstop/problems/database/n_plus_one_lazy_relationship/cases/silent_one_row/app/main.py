from fastapi import FastAPI

from app.database import SessionDep
from app.models import Order

app = FastAPI()


@app.get("/orders/{order_id}")
def order(order_id: int, session: SessionDep) -> str:
    found = session.get(Order, order_id)
    return found.customer.name if found else ""
