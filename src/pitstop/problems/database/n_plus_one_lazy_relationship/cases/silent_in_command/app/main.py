from fastapi import FastAPI
from sqlalchemy import select

from app.database import SessionDep
from app.models import Order

app = FastAPI()


@app.get("/")
def root() -> str:
    return "ok"


def export(session: SessionDep) -> list[str]:
    return [order.customer.name for order in session.scalars(select(Order))]
