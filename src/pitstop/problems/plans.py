"""What the database's own plans say of a statement: which tables it reads whole, and which through an index."""

from __future__ import annotations

import re
from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pitstop.traces.store import Traces

SMALL_TABLE = 1000
"""PostgreSQL reads a table of fewer rows whole even where it has the index: that shows nothing."""


@dataclass(frozen=True)
class Read:
    """One step of a plan that reads a table."""

    database: str
    access: str
    """`scan` or `search`."""
    table: str
    index: str
    columns: tuple[str, ...]
    rows: int | None

    @property
    def is_telling(self) -> bool:
        """Whether a scan shows that there is no index to use: SQLite uses one on any table, PostgreSQL where it pays.

        One in the order of another index may end early, and shows less.
        """
        if self.access != "scan" or self.index:
            return False
        return self.database == "sqlite" or (self.rows is not None and self.rows >= SMALL_TABLE)


def reads(traces: Traces) -> dict[str, tuple[Read, ...]]:
    """The steps of all plans, by each example text of their statement's shape."""
    found: dict[str, list[Read]] = defaultdict(list)
    for text, database, access, table, index, columns, rows in traces.sql(
        """
        SELECT DISTINCT f.example, p."db.system.name", r.access, r."db.collection.name", r.index, r.columns, r.rows
        FROM plans p JOIN plan_reads r ON r.plan_id = p.plan_id
        JOIN examples f ON f.fingerprint_id = p.fingerprint_id
        ORDER BY ALL
        """
    ):
        by = tuple(columns.split(",")) if columns else ()
        found[text].append(Read(database, access, _table(text, table), index, by, rows))
    return {text: tuple(dict.fromkeys(steps)) for text, steps in found.items()}


def _table(sql: str, name: str) -> str:
    """The table that SQLite names by its alias."""
    quoted = rf"[\"`\[]?{re.escape(name)}[\"`\]]?(?![\w$])"
    if re.search(rf"\b(?:FROM|JOIN|UPDATE|INTO)\s+{quoted}", sql, re.IGNORECASE):
        return name
    aliased = re.search(rf"[\"`\[]?([\w$]+)[\"`\]]?\s+AS\s+{quoted}", sql, re.IGNORECASE)
    return aliased[1] if aliased else name
