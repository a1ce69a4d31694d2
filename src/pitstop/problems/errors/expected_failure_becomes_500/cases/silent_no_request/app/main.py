from collections.abc import Iterator
from typing import Annotated

from app.service import kind_of
from fastapi import Depends, FastAPI
from sqlalchemy import create_engine
from sqlalchemy.orm import Session

app = FastAPI()
engine = create_engine("sqlite://")


def session() -> Iterator[Session]:
    with Session(engine) as opened:
        yield opened


def work(tree_id: int, session: Session) -> str:
    return kind_of(session, tree_id)
