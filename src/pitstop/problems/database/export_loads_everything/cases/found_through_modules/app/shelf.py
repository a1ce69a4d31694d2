from collections.abc import Sequence

from sqlalchemy import select

from app.database import SessionDep
from app.models import Book


class Shelf:
    def __init__(self, session: SessionDep) -> None:
        self.session = session

    def every(self) -> Sequence[Book]:
        return self.session.scalars(select(Book).order_by(Book.id)).all()
