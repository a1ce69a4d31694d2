from fastapi import FastAPI
from sqlmodel import Session, create_engine, select

from app.models import Reading

app = FastAPI()
engine = create_engine("duckdb:///readings.db")


@app.get("/sensors/{sensor_id}/readings")
def readings(sensor_id: int) -> list[Reading]:
    with Session(engine) as session:
        return list(session.exec(select(Reading).where(Reading.sensor_id == sensor_id).limit(100)))
