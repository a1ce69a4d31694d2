from fastapi import Depends, FastAPI
from fastapi.responses import StreamingResponse
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.db import get_session
from app.lines import lines
from app.models import Order

app = FastAPI()


@app.get("/orders.jsonl")
def export(session: Session = Depends(get_session)) -> StreamingResponse:
    orders = session.scalars(select(Order)).all()
    return StreamingResponse(lines(orders), media_type="application/jsonl")
