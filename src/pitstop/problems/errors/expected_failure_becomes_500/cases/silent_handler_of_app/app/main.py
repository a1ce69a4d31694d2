from collections.abc import Iterator
from typing import Annotated

from app.service import kind_of
from fastapi import Depends, FastAPI, Request
from fastapi.responses import JSONResponse
from sqlalchemy import create_engine
from sqlalchemy.exc import NoResultFound
from sqlalchemy.orm import Session

app = FastAPI()


@app.exception_handler(NoResultFound)
def missing(request: Request, error: NoResultFound) -> JSONResponse:
    return JSONResponse({}, status_code=404)


engine = create_engine("sqlite://")


def session() -> Iterator[Session]:
    with Session(engine) as opened:
        yield opened


@app.get("/trees/{tree_id}/kind")
def kind(tree_id: int, session: Annotated[Session, Depends(session)]) -> str:
    return kind_of(session, tree_id)
