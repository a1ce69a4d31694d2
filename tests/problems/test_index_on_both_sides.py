"""`index-only-in-migration`: the index on the side that lacks it."""

from __future__ import annotations

from pathlib import Path

import pytest

from .trees import apply, is_formatted, proposals, write

ONE_SIDE = "index-only-in-migration"
MODEL = """\
from sqlalchemy import String
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column


class Base(DeclarativeBase): ...


class Visit(Base):
    __tablename__ = "visits"
    id: Mapped[int] = mapped_column(primary_key=True)
    page: Mapped[str] = mapped_column(String(80))
    day: Mapped[int] = mapped_column(index=False)
"""
MIGRATION = """\
import sqlalchemy as sa
from alembic import op

revision = "a1"
down_revision = None


def upgrade() -> None:
    op.create_table(
        "visits",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("page", sa.String(), nullable=False),
        sa.Column("day", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
{}

def downgrade() -> None:
    op.drop_table("visits")
"""
MADE = '    op.create_index("{}", "visits", [{}]{})\n'


def given(root: Path, model: str, made: str) -> str:
    """The model after the only repair; the reason where there is none."""
    write(root, {"models.py": model, "migrations/versions/a1_visits.py": MIGRATION.format(made)})
    (found,) = proposals(root, ONE_SIDE)
    if hasattr(found, "reason"):
        return str(found.reason)
    apply(root, found)
    assert is_formatted(root, ["models.py"])
    return (root / "models.py").read_text()


IMPORTED = MODEL.replace("import String", "import Index, String")
NAMED = '    __tablename__ = "visits"\n'


@pytest.mark.parametrize(
    ("made", "before", "after"),
    [
        (
            MADE.format("ix_visits_page", '"page"', ""),
            MODEL,
            MODEL.replace("String(80))", "String(80), index=True)"),
        ),
        (
            MADE.format("ix_visits_day", '"day"', ", if_not_exists=True")
            + MADE.format("ix_visits_page", '"page"', ""),
            MODEL,
            MODEL.replace("String(80))", "String(80), index=True)").replace("index=False", "index=True"),
        ),
        # another name, several columns, a unique one
        (
            MADE.format("visits_by_page", '"page"', ", unique=True"),
            MODEL,
            IMPORTED.replace(NAMED, NAMED + '    __table_args__ = (Index("visits_by_page", "page", unique=True),)\n'),
        ),
        (
            MADE.format("visits_by_day", '"day", "page"', ""),
            MODEL.replace(NAMED, NAMED + '    __table_args__ = {"comment": "seen"}\n'),
            IMPORTED.replace(
                NAMED, NAMED + '    __table_args__ = (Index("visits_by_day", "day", "page"), {"comment": "seen"})\n'
            ),
        ),
        (
            MADE.format("visits_by_day", '"day", "page"', ""),
            IMPORTED.replace(NAMED, NAMED + '    __table_args__ = (Index("more", "id", "day"),)\n').replace("Base): ...\n", "Base): ...\n", 1),
            IMPORTED.replace(
                NAMED, NAMED + '    __table_args__ = (Index("more", "id", "day"), Index("visits_by_day", "day", "page"))\n'
            ),
        ),
        (
            MADE.format("visits_by_day", '"day", "page"', ""),
            IMPORTED.replace(NAMED, NAMED + '    __table_args__ = (\n        Index("more", "id", "day"),  # for the report\n    )\n'),
            IMPORTED.replace(
                NAMED,
                NAMED + '    __table_args__ = (\n        Index("more", "id", "day"),  # for the report\n        Index("visits_by_day", "day", "page"),\n    )\n',
            ),
        ),
    ],
)  # fmt: skip
def test_the_model_declares_it(made: str, before: str, after: str, tmp_path: Path) -> None:
    if "more" in before:
        made += MADE.format("more", '"id", "day"', "")
    assert given(tmp_path, before, made) == after


def test_the_migration_makes_it(tmp_path: Path) -> None:
    model = IMPORTED.replace(
        NAMED, NAMED + '    __table_args__ = (Index("visits_by_day", "day", "page"),)\n'
    ).replace("String(80))", "String(80), index=True)")
    assert given(tmp_path, model, "") == model
    (made,) = set((tmp_path / "migrations" / "versions").iterdir()) - {
        tmp_path / "migrations/versions/a1_visits.py"
    }
    text = made.read_text()
    assert 'down_revision = "a1"' in text
    assert (
        'def upgrade() -> None:\n    op.create_index(op.f("ix_visits_page"), "visits", ["page"])\n'
        '    op.create_index("visits_by_day", "visits", ["day", "page"])\n' in text
    )
    assert (
        'def downgrade() -> None:\n    op.drop_index(op.f("ix_visits_page"), table_name="visits")\n'
        '    op.drop_index("visits_by_day", table_name="visits")\n' in text
    )


@pytest.mark.parametrize(
    ("made", "model", "words"),
    [
        (
            MADE.format("ix_visits_page", '"page"', ", postgresql_where=sa.text('id > 1')"),
            MODEL,
            "`postgresql_where`",
        ),
        ('    op.execute("CREATE INDEX ix_visits_page ON visits (page)")\n', MODEL, "in SQL"),
        (
            "",
            IMPORTED.replace(NAMED, NAMED + '    __table_args__ = (Index("only", "page", unique=True),)\n'),
            "is unique",
        ),
    ],
)
def test_left_to_a_person(made: str, model: str, words: str, tmp_path: Path) -> None:
    assert words in given(tmp_path, model, made)


def test_a_column_that_is_unique_is_left(tmp_path: Path) -> None:
    made = MIGRATION.format("").replace(
        '"page", sa.String(), nullable=False', '"page", sa.String(), nullable=False, index=True, unique=True'
    )
    write(tmp_path, {"models.py": MODEL, "migrations/versions/a1_visits.py": made})
    (found,) = proposals(tmp_path, ONE_SIDE)
    assert "says `unique`" in str(getattr(found, "reason", found))
