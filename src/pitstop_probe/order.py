"""Rows whose order no statement names, given in the opposite one: what an answer changes with it, the service does not promise.

For a run that is compared with one as usual; see "reversed" in the probe's orders.
"""

from __future__ import annotations

import re
import sys
from typing import Any

from .request import Statement

_MOST = 5000
_READING = frozenset({"SELECT", "VALUES"})
_ASIDE = re.compile(r"'(?:[^']|'')*'|\"(?:[^\"]|\"\")*\"|`[^`]*`|--[^\n]*|/\*.*?\*/", re.DOTALL)
"""Texts, quoted names and comments."""
_WITHIN = re.compile(r"\([^()]*\)")
_NAMED = re.compile(r"\b(?:ORDER\s+BY|LIMIT|OFFSET|FETCH|TOP|DISTINCT\s+ON)\b", re.IGNORECASE)
"""What names an order, or makes the order decide which rows there are."""


def names_order(sql: str) -> bool:
    """Whether a statement says in which order its rows come, or takes only some of them."""
    text, before = _ASIDE.sub(" ", sql), ""
    while text != before:
        before, text = text, _WITHIN.sub(" ", text)
    return _NAMED.search(text) is not None


class Reversal:
    """Turns the rows of results of SQLAlchemy's around."""

    def __init__(self) -> None:
        self._known: dict[str, bool] = {}

    def after(self, statement: Statement, cursor: Any, context: Any) -> None:
        """Hand the result what the cursor holds in the opposite order."""
        if statement.operation not in _READING or context._is_server_side or cursor.description is None:
            return
        named = self._known.get(statement.sql)
        if named is None:
            if len(self._known) >= _MOST:
                self._known.clear()
            named = self._known[statement.sql] = names_order(statement.sql)
        if named:
            return
        rows = list(cursor.fetchall())
        strategies = sys.modules["sqlalchemy.engine.cursor"]
        context.cursor_fetch_strategy = strategies.FullyBufferedCursorFetchStrategy(
            cursor, initial_buffer=rows[::-1]
        )
