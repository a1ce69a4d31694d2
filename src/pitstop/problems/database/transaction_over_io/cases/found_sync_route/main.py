import requests
from fastapi import Depends, FastAPI
from models import Trip
from sqlalchemy.orm import Session

app = FastAPI()


def session() -> Session: ...


@app.post("/trips/{trip_id}/notify")
def notify(trip_id: int, db: Session = Depends(session)) -> None:
    trip = db.query(Trip).filter(Trip.id == trip_id).one()
    trip.state = "told"
    db.flush()
    requests.post("https://hooks.example", json={"trip": trip.id}, timeout=5)
    db.commit()
