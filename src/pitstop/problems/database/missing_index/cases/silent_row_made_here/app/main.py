from fastapi import FastAPI

from app.database import SessionDep
from app.models import Customer, Order

app = FastAPI()


@app.post("/customers")
def create(name: str, numbers: list[str], session: SessionDep) -> int:
    customer = Customer(name=name)
    for number in numbers:
        customer.orders.append(Order(number=number))
    session.add(customer)
    session.commit()
    return customer.id
