"""`cartesian-eager-load` and `joined-collection-without-unique`: collections that options join, beside those that models do."""

from __future__ import annotations

from pathlib import Path

import pytest

from pitstop.data import Patch

from .choices import chosen, refused
from .trees import DATABASE, patched, reason, write

APART = "cartesian-eager-load"
MODELS = """\
from sqlalchemy import ForeignKey
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, relationship


class Base(DeclarativeBase):
    pass


class Author(Base):
    __tablename__ = "authors"

    id: Mapped[int] = mapped_column(primary_key=True)
    books: Mapped[list["Book"]] = relationship({books})
    prizes: Mapped[list["Prize"]] = relationship({prizes})
    pens: Mapped[list["Pen"]] = relationship()


class Book(Base):
    __tablename__ = "books"

    id: Mapped[int] = mapped_column(primary_key=True)
    author_id: Mapped[int] = mapped_column(ForeignKey("authors.id"), index=True)
    reviews: Mapped[list["Review"]] = relationship({reviews})


class Prize(Base):
    __tablename__ = "prizes"

    id: Mapped[int] = mapped_column(primary_key=True)
    author_id: Mapped[int] = mapped_column(ForeignKey("authors.id"), index=True)


class Pen(Base):
    __tablename__ = "pens"

    id: Mapped[int] = mapped_column(primary_key=True)
    author_id: Mapped[int] = mapped_column(ForeignKey("authors.id"), index=True)


class Review(Base):
    __tablename__ = "reviews"

    id: Mapped[int] = mapped_column(primary_key=True)
    book_id: Mapped[int] = mapped_column(ForeignKey("books.id"), index=True)
"""
MAIN = """\
from fastapi import FastAPI
from sqlalchemy import select
from sqlalchemy.orm import joinedload

from app.database import SessionDep
from app.models import Author

app = FastAPI()


@app.get("/authors")
def authors(session: SessionDep) -> list[int]:
    found = session.scalars(select(Author).options({options})).unique().all()
    return [len(author.books) + len(author.prizes) + len(author.pens) for author in found]
"""
JOINED = 'lazy="joined"'


def tree(root: Path, options: str, **joined: str) -> Path:
    lazy = {name: joined.get(name, "") for name in ("books", "prizes", "reviews")}
    files = {
        "app/__init__.py": "",
        "app/database.py": DATABASE,
        "app/models.py": MODELS.format(**lazy),
        "app/main.py": MAIN.format(options=options),
    }
    return write(root, files)


@pytest.mark.parametrize(
    ("options", "joined", "after"),
    [
        (
            "joinedload(Author.books), joinedload(Author.prizes)",
            {"reviews": JOINED},
            "selectinload(Author.books), selectinload(Author.prizes)",
        ),
        ("joinedload(Author.pens)", {"books": JOINED}, "selectinload(Author.pens)"),
        ("joinedload(Author.pens)", {"books": JOINED, "reviews": JOINED}, "selectinload(Author.pens)"),
    ],
    ids=["below a collection", "beside it", "one below the other, of the model"],
)
def test_what_a_model_joins_goes_along_or_stays_alone(
    tmp_path: Path, options: str, joined: dict[str, str], after: str
) -> None:
    root = tree(tmp_path, options, **joined)
    patched(root, APART)
    assert f"select(Author).options({after})" in (root / "app/main.py").read_text().replace(
        "\n        ", ""
    ).replace("\n    ", "")


def test_what_a_model_joins_against_itself_is_declined(tmp_path: Path) -> None:
    root = tree(tmp_path, "joinedload(Author.pens)", books=JOINED, prizes=JOINED)
    assert "the model joins collections for each query of it" in reason(root, APART)


UNIQUE = "joined-collection-without-unique"


def test_a_collection_that_is_read_without_unique_is_loaded_apart(tmp_path: Path) -> None:
    root = tree(tmp_path, "joinedload(Author.books).joinedload(Book.reviews)")
    main = root / "app/main.py"
    main.write_text(main.read_text().replace(".unique()", "").replace("import Author", "import Author, Book"))
    given = [
        each.diff if isinstance(each, Patch) else each.reason for each in chosen(root, UNIQUE, "selectinload")
    ]
    assert any(
        "+" in each and "selectinload(Author.books).joinedload(Book.reviews)" in each for each in given
    ), given


def test_a_collection_that_the_statement_joins_itself_is_not(tmp_path: Path) -> None:
    root = tree(tmp_path, "contains_eager(Author.books)")
    main = root / "app/main.py"
    text = main.read_text().replace(".unique()", "").replace("joinedload\n", "contains_eager\n")
    main.write_text(text.replace("select(Author)", "select(Author).join(Author.books)"))
    assert "call `unique()`" in refused(root, UNIQUE, "selectinload")
