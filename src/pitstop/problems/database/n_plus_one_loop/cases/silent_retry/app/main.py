from fastapi import FastAPI

from app.database import SessionDep
from app.models import Order

app = FastAPI()


@app.get("/orders/{order_id}")
def order(order_id: int, session: SessionDep) -> int:
    for attempt in range(order_id % 3 + 1):
        found = session.get(Order, order_id)
        if found is not None:
            return found.id
    return 0
