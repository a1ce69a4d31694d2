"""`unused-or-duplicate-index`: the option that drops the index, on the model and in a migration."""

from __future__ import annotations

from pathlib import Path

import pytest

from .choices import mended, refused
from .trees import is_formatted, write

NEEDLESS = "unused-or-duplicate-index"
MODEL = """\
from sqlalchemy import Index, Integer
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column


class Base(DeclarativeBase):
    pass


class Reading(Base):
    __tablename__ = "readings"
    id: Mapped[int] = mapped_column(primary_key=True)
    {}
    taken_at: Mapped[int]
    __table_args__ = (Index("readings_by_time", "sensor_id", "taken_at"),)
"""
MIGRATION = """\
import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None


def upgrade():
    op.create_table("readings", sa.Column("id", sa.Integer()), sa.Column("sensor_id", sa.Integer()))
    op.create_index("{}", "readings", ["sensor_id"])
"""


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("sensor_id: Mapped[int] = mapped_column(index=True)", "sensor_id: Mapped[int]"),
        (
            "sensor_id: Mapped[int] = mapped_column(Integer, index=True)  # of ours",
            "sensor_id: Mapped[int] = mapped_column(Integer)  # of ours",
        ),
        (
            "sensor_id: Mapped[int] = mapped_column(\n        Integer,\n        index=True,\n        nullable=False,\n    )",
            "sensor_id: Mapped[int] = mapped_column(\n        Integer,\n        nullable=False,\n    )",
        ),
    ],
)
def test_the_column_goes_without(before: str, after: str, tmp_path: Path) -> None:
    write(tmp_path, {"models.py": MODEL.format(before)})
    mended(tmp_path, NEEDLESS, "drop")
    assert (tmp_path / "models.py").read_text() == MODEL.format(after)
    assert is_formatted(tmp_path, ["models.py"])


def test_an_import_that_is_left_over_goes(tmp_path: Path) -> None:
    model = MODEL.replace(" = mapped_column(primary_key=True)", "").format(
        "sensor_id: Mapped[int] = mapped_column(index=True)"
    )
    write(tmp_path, {"models.py": model})
    mended(tmp_path, NEEDLESS, "drop")
    assert "import DeclarativeBase, Mapped\n" in (tmp_path / "models.py").read_text()


def test_a_migration_drops_it(tmp_path: Path) -> None:
    model = MODEL.format("sensor_id: Mapped[int] = mapped_column(index=True)")
    old = "migrations/versions/0001_readings.py"
    write(tmp_path, {"models.py": model, old: MIGRATION.format("ix_readings_sensor_id")})
    mended(tmp_path, NEEDLESS, "drop")
    text = (tmp_path / "migrations/versions/0002_drop_index_readings_sensor_id.py").read_text()
    assert 'down_revision = "0001"' in text
    up, down = text.split("def downgrade")
    assert 'op.drop_index(op.f("ix_readings_sensor_id"), table_name="readings")' in up
    assert 'op.create_index(op.f("ix_readings_sensor_id"), "readings", ["sensor_id"])' in down


def test_what_the_migrations_call_otherwise_is_left(tmp_path: Path) -> None:
    model = MODEL.format("sensor_id: Mapped[int] = mapped_column(index=True)")
    write(
        tmp_path,
        {"models.py": model, "migrations/versions/0001_readings.py": MIGRATION.format("by_sensor")},
    )
    assert "`ix_readings_sensor_id`" in refused(tmp_path, NEEDLESS, "drop")


def test_the_column_of_a_mixin_is_left(tmp_path: Path) -> None:
    mixin = "class Sensed:\n    sensor_id: Mapped[int] = mapped_column(index=True)\n\n\nclass Reading(Sensed, Base):"
    model = MODEL.replace("class Reading(Base):", mixin).replace("    {}\n", "")
    write(tmp_path, {"models.py": model})
    assert "`Sensed`" in refused(tmp_path, NEEDLESS, "drop")
