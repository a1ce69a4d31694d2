from typing import Annotated

from fastapi import Depends, FastAPI
from sqlalchemy import create_engine
from sqlalchemy.orm import Session, sessionmaker

from app.alarms import is_new
from app.models import Alarm

app = FastAPI()
maker = sessionmaker(create_engine("postgresql://db/rooms"))


def get_session():
    with maker() as session:
        yield session


@app.post("/alarms/{alarm_id}")
def raise_alarm(alarm_id: int, session: Annotated[Session, Depends(get_session)]) -> bool:
    alarm = session.get_one(Alarm, alarm_id)
    return is_new(alarm)
