import requests
from fastapi import FastAPI
from models import Trip
from sessions import with_session
from sqlalchemy import update
from sqlalchemy.orm import Session

app = FastAPI()


@with_session
def archive(session: Session, trip_id: int) -> None:
    session.execute(update(Trip).where(Trip.id == trip_id).values(state="gone"))


@app.delete("/trips/{trip_id}")
def remove(trip_id: int) -> None:
    archive(None, trip_id)
    requests.post("https://audit.example", json={"trip": trip_id}, timeout=5)
