from typing import Any

from fastapi import FastAPI

from app.database import SessionDep
from app.models import Customer, Order

app = FastAPI()


def change(session: SessionDep, order: Order, data: dict[str, Any]) -> None:
    for key, value in data.items():
        if key == "customer_id":
            if value is not None:
                order.customer = session.get_one(Customer, value)
        else:
            setattr(order, key, value)


@app.patch("/orders/{order_id}")
def patch(order_id: int, data: dict[str, Any], session: SessionDep) -> int:
    order = session.get_one(Order, order_id)
    change(session, order, data)
    session.commit()
    return order.id
