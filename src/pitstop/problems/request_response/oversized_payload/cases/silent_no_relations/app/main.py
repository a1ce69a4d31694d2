from fastapi import FastAPI
from sqlalchemy import select
from sqlalchemy.orm import selectinload

from app.database import SessionDep
from app.models import Trip
from app.schemas import TripOut

app = FastAPI()


@app.get("/trips", response_model=list[TripOut])
def trips(session: SessionDep):
    return session.scalars(
        select(Trip)
        .options(selectinload(Trip.stops), selectinload(Trip.guests), selectinload(Trip.photos))
        .order_by(Trip.id)
        .limit(50)
    ).all()


@app.get("/trips/{trip_id}", response_model=TripOut)
def trip(trip_id: int, session: SessionDep):
    return session.get_one(Trip, trip_id, options=[selectinload(Trip.stops)])
