from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import create_engine
from sqlalchemy.orm import Session, sessionmaker

engine = create_engine("postgresql+psycopg://localhost/notes")
maker = sessionmaker(engine)


@contextmanager
def transaction() -> Iterator[Session]:
    with maker() as session:
        yield session
        session.commit()
