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


_MYSQL = re.compile(
    r"mysql\+|mariadb\+|mysql://|\b(?:pymysql|aiomysql|asyncmy|mysqlclient|MySQLdb|mysqlconnector)\b"
)
_MYSQL_DRIVERS = ("aiomysql", "asyncmy", "mysql-connector-python", "mysqlclient", "pymysql")
_MAKES = ("create_all", "down_revision", "generate_schemas")
_ELSEWHERE = re.compile(r"(?:^|[/_])(?:tests?|conftest|examples?|docs?)(?:[/_.]|$)")


def doubts_of(project: Project) -> tuple[str, str]:
    """Why the tables may have indexes that the models do not show, and why foreign keys may have some; empty where none is seen."""
    texts = {m.path: m.source.text for m in project.index.by_path.values() if not _ELSEWHERE.search(m.path)}
    made = any(word in text for text in texts.values() for word in _MAKES)
    mysql = any(
        ("mysql" in text or "maria" in text or "asyncmy" in text or "MySQLdb" in text)
        and "down_revision" not in text
        and _MYSQL.search(text)
        for text in texts.values()
    ) or any(project.versions.of(name) for name in _MYSQL_DRIVERS)
    return (
        "" if made else "nothing in this code makes the tables: whoever does may make indexes too",
        "MySQL and MariaDB index foreign keys by themselves, and the service may run on one" if mysql else "",
    )


def migrations_of(project: Project) -> list[str]:
    """The texts of the migrations, where they make tables."""
    found = [m.source.text for m in project.index.by_path.values() if m.says("down_revision")]
    return found if any("create_table(" in text for text in found) else []


def indexed_by_statement(project: Project) -> set[tuple[str, str]]:
    """Table and first column of the indexes that a file of the project makes by SQL, in lower case."""
    found = set()
    for module in project.index.by_path.values():
        text = module.source.text
        if ("INDEX" in text or "index" in text) and ("CREATE" in text or "create" in text):
            found |= {(table.lower(), column.lower()) for table, column in _CREATE.findall(text)}
    return found
