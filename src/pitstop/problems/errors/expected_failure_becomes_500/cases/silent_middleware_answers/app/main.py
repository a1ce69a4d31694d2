from collections.abc import Iterator
from typing import Annotated

from app.service import kind_of
from fastapi import Depends, FastAPI, Request, Response
from sqlalchemy import create_engine
from sqlalchemy.exc import NoResultFound
from sqlalchemy.orm import Session

app = FastAPI()


@app.middleware("http")
async def missing(request: Request, call_next):
    try:
        return await call_next(request)
    except NoResultFound:
        return Response(status_code=404)


engine = create_engine("sqlite://")


def session() -> Iterator[Session]:
    with Session(engine) as opened:
        yield opened


@app.get("/trees/{tree_id}/kind")
def kind(tree_id: int, session: Annotated[Session, Depends(session)]) -> str:
    return kind_of(session, tree_id)
