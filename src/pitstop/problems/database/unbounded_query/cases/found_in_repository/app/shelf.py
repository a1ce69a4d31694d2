from collections.abc import Sequence

from sqlalchemy import Select, select

from app.database import SessionDep
from app.models import Book


class Shelf:
    def __init__(self, session: SessionDep) -> None:
        self.session = session

    def base(self) -> Select[tuple[Book]]:
        return select(Book).where(Book.archived.is_(False))

    def present(self) -> Sequence[Book]:
        statement = self.base()
        statement = statement.order_by(Book.title)
        return self.session.scalars(statement).all()

    def add(self, title: str, author_id: int) -> None:
        self.session.add(Book(title=title, author_id=author_id))
        self.session.commit()
