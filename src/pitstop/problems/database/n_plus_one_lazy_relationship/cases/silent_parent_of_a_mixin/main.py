from fastapi import Depends, FastAPI
from sqlalchemy import create_engine
from sqlalchemy.orm import Session

from models import Tram

app = FastAPI()
engine = create_engine("postgresql+psycopg://localhost/trams")


def session():
    with Session(engine) as opened:
        yield opened


@app.get("/depots/{depot_id}/trams")
def trams(depot_id: int, db: Session = Depends(session)) -> list[str]:
    rows = db.query(Tram).filter(Tram.depot_id == depot_id).all()
    return [f"{tram.depot.name} {tram.number}" for tram in rows]
