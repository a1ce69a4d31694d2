from fastapi import FastAPI
from fastapi_pagination import Page
from fastapi_pagination.ext.sqlalchemy import paginate
from sqlalchemy import select
from sqlalchemy.orm import selectinload

from app.database import SessionDep
from app.models import Trip
from app.schemas import TripOut

app = FastAPI()


@app.get("/trips", response_model=Page[TripOut])
def trips(session: SessionDep):
    return paginate(session, select(Trip).order_by(Trip.id))


@app.get("/trips/{trip_id}", response_model=TripOut)
def trip(trip_id: int, session: SessionDep):
    return session.get_one(Trip, trip_id, options=[selectinload(Trip.stops)])
