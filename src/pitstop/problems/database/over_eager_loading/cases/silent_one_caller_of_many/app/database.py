from collections.abc import Iterator
from typing import Annotated

from fastapi import Depends
from sqlalchemy import create_engine
from sqlalchemy.orm import Session

engine = create_engine("postgresql+psycopg://localhost/library")


def session() -> Iterator[Session]:
    with Session(engine) as opened:
        yield opened


SessionDep = Annotated[Session, Depends(session)]
