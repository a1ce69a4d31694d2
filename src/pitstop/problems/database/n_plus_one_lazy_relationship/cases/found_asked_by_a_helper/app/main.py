from typing import Any

from fastapi import FastAPI

from app.database import SessionDep
from app.orders import matching
from app.schemas import OrderOut, OrderPage

app = FastAPI()


@app.post("/orders/search", response_model=list[OrderOut])
def search(session: SessionDep, after: int | None = None) -> Any:
    return matching(session, after)


@app.get("/orders", response_model=OrderPage)
def page(session: SessionDep) -> Any:
    rows = matching(session, None)
    return {"total": len(rows), "orders": rows[:50]}
