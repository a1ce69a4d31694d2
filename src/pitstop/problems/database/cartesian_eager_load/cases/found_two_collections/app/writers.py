from collections.abc import Sequence

from sqlalchemy import select
from sqlalchemy.orm import joinedload

from app.database import SessionDep
from app.models import Author


class Writers:
    def __init__(self, session: SessionDep) -> None:
        self.session = session

    def all(self) -> Sequence[Author]:
        statement = select(Author).order_by(Author.id)
        statement = statement.options(joinedload(Author.books), joinedload(Author.prizes))
        return self.session.execute(statement).unique().scalars().all()
