from fastapi import FastAPI

from app.database import SessionDep
from app.repository import newest
from app.serializers import line

app = FastAPI()


@app.get("/orders")
def orders(session: SessionDep) -> list[str]:
    return [line(order) for order in newest(session)]
