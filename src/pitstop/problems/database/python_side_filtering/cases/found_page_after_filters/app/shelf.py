from collections.abc import Sequence

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.models import Book


def mark() -> str:
    return " (draft)"


def is_draft(title: str) -> bool:
    """Whether a title carries the mark."""
    return title.endswith(mark())


def every(session: Session, archived: bool = False) -> Sequence[Book]:
    statement = select(Book)
    if not archived:
        statement = statement.where(Book.archived.is_(False))
    return session.scalars(statement).unique().all()
