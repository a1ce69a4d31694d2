from collections.abc import Iterator
from typing import Annotated

from app.models import Tree
from app.service import kind_of
from fastapi import Depends, FastAPI, HTTPException
from sqlalchemy import create_engine, select
from sqlalchemy.orm import Session

app = FastAPI()
engine = create_engine("sqlite://")


def session() -> Iterator[Session]:
    with Session(engine) as opened:
        yield opened


@app.get("/trees/{tree_id}/kind")
def kind(tree_id: int, session: Annotated[Session, Depends(session)]) -> str:
    if session.scalars(select(Tree).where(Tree.id == tree_id)).first() is None:
        raise HTTPException(status_code=404)
    return kind_of(session, tree_id)


def known(tree_id: int, session: Annotated[Session, Depends(session)]) -> None:
    if session.get(Tree, tree_id) is None:
        raise HTTPException(status_code=404)


@app.get("/trees/{tree_id}/name", dependencies=[Depends(known)])
def name(tree_id: int, session: Annotated[Session, Depends(session)]) -> str:
    return kind_of(session, tree_id)
