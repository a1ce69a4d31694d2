from fastapi import FastAPI
from sqlalchemy import select
from sqlalchemy.orm import selectinload

from app.database import SessionDep
from app.models import Trip
from app.schemas import AgencyOut, TripOut

app = FastAPI()


@app.get("/agencies/{agency_id}", response_model=AgencyOut)
def agency(agency_id: int, session: SessionDep):
    rows = session.scalars(
        select(Trip)
        .options(selectinload(Trip.stops), selectinload(Trip.guests), selectinload(Trip.photos))
        .order_by(Trip.id)
        .limit(50)
    ).all()
    return {"name": str(agency_id), "trips": rows}


@app.get("/trips/{trip_id}", response_model=TripOut)
def trip(trip_id: int, session: SessionDep):
    return session.get_one(Trip, trip_id, options=[selectinload(Trip.stops)])
