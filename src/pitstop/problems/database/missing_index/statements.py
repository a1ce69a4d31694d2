"""Indexes that the service makes with statements of its own: at its start, after its tables, or in a script of migrations."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pitstop.project import Project

_QUOTES = r"[\"'`\s]*"
_CREATE = re.compile(
    rf"CREATE{_QUOTES}(?:UNIQUE{_QUOTES})?INDEX\b[^;()]{{0,200}}?\bON{_QUOTES}(?:ONLY{_QUOTES})?(?:\w+[\"`]?\.[\"`]?)?(\w+)"
    rf"{_QUOTES}(?:USING\s+\w+{_QUOTES})?\({_QUOTES}(\w+)",
    re.IGNORECASE,
)
"""The table, and the first column; between the words there may be the quotes of strings put together."""


def indexed_by_statement(project: Project) -> set[tuple[str, str]]:
    """Table and first column of the indexes that a file of the project makes by SQL, in lower case."""
    found = set()
    for module in project.index.by_path.values():
        text = module.source.text
        if "index" in text.lower():
            found |= {(table.lower(), column.lower()) for table, column in _CREATE.findall(text)}
    return found
