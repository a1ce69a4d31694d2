from collections.abc import Iterator
from typing import Annotated

from app.service import kind_of
from fastapi import Depends, FastAPI, Request
from fastapi.responses import JSONResponse
from sqlalchemy import create_engine
from sqlalchemy.orm import Session

app = FastAPI()


@app.exception_handler(Exception)
def failed(request: Request, error: Exception) -> JSONResponse:
    return JSONResponse({"failed": type(error).__name__}, status_code=400)


engine = create_engine("sqlite://")


def session() -> Iterator[Session]:
    with Session(engine) as opened:
        yield opened


@app.get("/trees/{tree_id}/kind")
def kind(tree_id: int, session: Annotated[Session, Depends(session)]) -> str:
    return kind_of(session, tree_id)
