from fastapi import FastAPI
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.database import SessionDep
from app.models import Customer, Order

app = FastAPI()
kept: dict[int, str] = {}


@app.get("/orders/names")
def names(session: SessionDep) -> list[str]:
    known: dict[int, str] = {}
    found = []
    for order in session.scalars(select(Order)).all():
        if order.customer_id not in known:
            known[order.customer_id] = session.get(Customer, order.customer_id).name
        found.append(known[order.customer_id])
    return found


@app.post("/names")
def named(keys: list[int], session: SessionDep) -> list[str]:
    known: dict[int, Customer] = {}
    found = []
    for key in keys:
        customer = known.get(key)
        if customer is None:
            customer = session.get(Customer, key)
            known[key] = customer
        found.append(customer.name)
    return found


@app.post("/greetings")
def greetings(numbers: list[int], hidden: set[int], session: SessionDep) -> dict[int, str]:
    found = {}
    for number in numbers:
        if number not in hidden:
            found[number] = session.get(Customer, number).name
    return found


@app.post("/codes")
def coded(codes: list[int], session: SessionDep) -> dict[int, str]:
    found: dict[int, str] = {}
    for code in codes:
        if code in found:
            continue
        found[code] = session.get(Customer, code).name
    return found


@app.post("/different")
def different(keys: list[int], session: SessionDep) -> list[str]:
    seen: set[int] = set()
    found = []
    for once in keys:
        if once in seen:
            continue
        seen.add(once)
        found.append(session.get(Customer, once).name)
    return found


@app.post("/remembered")
def all_remembered(keys: list[int], session: SessionDep) -> list[str]:
    return [remembered(session, some) for some in keys]


def remembered(session: Session, key: int) -> str:
    name = kept.get(key)
    if name is not None:
        return name
    name = kept[key] = session.get(Customer, key).name
    return name
