import enum
from typing import Literal, get_args

from fastapi import FastAPI
from pydantic import BaseModel
from sqlalchemy import func, select

from app.database import SessionDep
from app.models import Customer, Order

app = FastAPI()

TABLES = (Customer, Order)


@app.get("/counts")
def counts(session: SessionDep) -> list[int]:
    return [session.scalar(select(func.count()).select_from(table)) or 0 for table in TABLES]


class Wanted(BaseModel):
    id: int = 0
    name: str = ""


@app.post("/fields")
def fields(wanted: Wanted, session: SessionDep) -> list[int]:
    return [session.scalar(select(func.count(getattr(Customer, name)))) or 0 for name, _ in wanted]


Kind = Literal["id", "name"]


@app.get("/kinds")
def kinds(session: SessionDep) -> list[int]:
    found = []
    for kind in get_args(Kind):
        found.append(session.scalar(select(func.count(getattr(Customer, kind)))) or 0)
    return found


class Column(enum.Enum):
    number = "id"
    name = "name"

    @staticmethod
    def names() -> list[str]:
        return [column.value for column in Column]


@app.get("/columns")
def columns(session: SessionDep) -> list[int]:
    return [session.scalar(select(func.count(getattr(Customer, one)))) or 0 for one in Column.names()]


@app.get("/owned")
def owned(session: SessionDep) -> dict[str, int]:
    models: dict[str, type[Customer] | type[Order]] = {"customers": Customer, "orders": Order}
    found = {}
    for name, model in models.items():
        found[name] = session.scalar(select(func.count()).select_from(model)) or 0
    return found
