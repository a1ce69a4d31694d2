from fastapi import FastAPI
from sqlalchemy import select

from app.database import SessionDep
from app.models import Tagging

app = FastAPI()


@app.get("/orders/{order_id}/tags")
def tags(order_id: int, session: SessionDep) -> list[str]:
    return [t.tag for t in session.scalars(select(Tagging).where(Tagging.order_id == order_id))]
