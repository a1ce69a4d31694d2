"""What tables hold, by their names."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pitstop.project.orm import Model

_BY_MACHINES = {"activity", "activitie", "alert", "audit", "click", "delivery", "deliverie", "event", "execution", "heartbeat"} | {
    "history", "impression", "invocation", "log", "measurement", "notification", "reading", "request", "run", "sample", "span",
    "trace", "transaction", "visit",
}  # fmt: skip
_EVENTS = _BY_MACHINES | {"attempt", "call", "email", "entry", "entrie", "job", "message", "metric", "payment", "session"} | {
    "step", "task", "transfer", "view",
}  # fmt: skip
"""Last words of the names of tables that get a row whenever something happens."""
_SUFFIXES = {"db", "entity", "model", "orm", "record", "row", "schema", "table"}


def grows_by_events(model: Model) -> bool:
    """Whether a table gets a row whenever something happens."""
    return _last_word(model) in _EVENTS


def fills_by_itself(model: Model) -> bool:
    """Whether machines write what happens to them into a table: thousands of rows for one parent are nothing special."""
    return _last_word(model) in _BY_MACHINES


def _last_word(model: Model) -> str:
    words = [word.lower() for word in re.findall(r"[A-Z]?[a-z0-9]+|[A-Z]+(?![a-z])", model.info.name)]
    while words and words[-1] in _SUFFIXES:
        words.pop()
    return words[-1].removesuffix("s") if words else ""
