from collections.abc import Sequence

from sqlalchemy import select
from sqlalchemy.orm import joinedload

from app.database import SessionDep
from app.models import Book


class Shelf:
    def __init__(self, session: SessionDep) -> None:
        self.session = session

    def newest(self) -> Sequence[Book]:
        statement = select(Book).options(joinedload(Book.author)).order_by(Book.id.desc()).limit(20)
        return self.session.scalars(statement).all()
