from collections.abc import Sequence

from sqlalchemy import select

from app.models import Book


class Shelf:
    def __init__(self, session) -> None:
        self.session = session

    def books(self, limit: int | None = None) -> Sequence[Book]:
        return self.session.scalars(select(Book)).all()

    def some(self, limit: int) -> Sequence[Book]:
        return self.session.scalars(select(Book).limit(limit)).all()
