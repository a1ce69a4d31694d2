from fastapi import FastAPI
from sqlalchemy import select

from app.database import SessionDep
from app.models import Channel, Order, Region

app = FastAPI()


@app.get("/orders/unpaid")
def unpaid(session: SessionDep) -> list[int]:
    return [o.id for o in session.scalars(select(Order).where(Order.paid == False).limit(50))]  # noqa: E712


@app.get("/orders/phoned")
def phoned(session: SessionDep) -> list[int]:
    return [o.id for o in session.scalars(select(Order).where(Order.channel == Channel.PHONE).limit(50))]


@app.get("/orders/north")
def north(session: SessionDep) -> list[int]:
    return [o.id for o in session.scalars(select(Order).where(Order.region == Region.NORTH).limit(50))]


@app.get("/orders/sent-north")
def sent_north(session: SessionDep) -> list[int]:
    return [o.id for o in session.scalars(select(Order).where(Order.sent_to == Region.NORTH).limit(50))]
