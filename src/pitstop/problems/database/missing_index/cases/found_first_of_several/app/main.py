from fastapi import FastAPI
from sqlalchemy import select

from app.database import SessionDep
from app.models import Reading, Run

app = FastAPI()


@app.get("/runs")
def runs(name: str, command: str, arguments: str, session: SessionDep) -> list[int]:
    wanted = select(Run.id).where(Run.name == name, Run.command == command, Run.arguments == arguments)
    return list(session.scalars(wanted.limit(50)))


@app.get("/readings")
def readings(unit: str, session: SessionDep, sensor: str = "") -> list[int]:
    wanted = select(Reading.id)
    if sensor:
        wanted = wanted.where(Reading.sensor == sensor)
    wanted = wanted.where(Reading.unit == unit)
    return list(session.scalars(wanted.limit(50)))
