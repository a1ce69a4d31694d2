from fastapi import Depends, FastAPI
from sqlalchemy import create_engine
from sqlalchemy.orm import Session

from models import Tram

app = FastAPI()
engine = create_engine("postgresql+psycopg://localhost/trams")


def session():
    with Session(engine) as opened:
        yield opened


@app.get("/trams")
def trams(db: Session = Depends(session)) -> list[str]:
    return [f"{tram.number} {tram.tram_type.name}" for tram in db.query(Tram).all()]
