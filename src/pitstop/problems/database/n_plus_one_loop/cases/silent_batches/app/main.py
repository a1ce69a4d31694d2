from fastapi import FastAPI
from sqlalchemy import select

from app.database import SessionDep
from app.models import Order

app = FastAPI()


def chunks(keys: list[int]) -> list[list[int]]:
    return [keys[i : i + 500] for i in range(0, len(keys), 500)]


@app.post("/orders/some")
def some(keys: list[int], session: SessionDep) -> list[int]:
    found = []
    for chunk in chunks(keys):
        found += session.scalars(select(Order.id).where(Order.id.in_(chunk)))
    return found
