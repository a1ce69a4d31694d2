from collections.abc import Iterator
from typing import Annotated

from app.service import kind_of
from fastapi import Depends, FastAPI, HTTPException
from sqlalchemy import create_engine
from sqlalchemy.exc import NoResultFound
from sqlalchemy.orm import Session

app = FastAPI()
engine = create_engine("sqlite://")


def session() -> Iterator[Session]:
    with Session(engine) as opened:
        yield opened


@app.get("/trees/{tree_id}/kind")
def kind(tree_id: int, session: Annotated[Session, Depends(session)]) -> str:
    try:
        return kind_of(session, tree_id)
    except NoResultFound:
        raise HTTPException(status_code=404) from None
