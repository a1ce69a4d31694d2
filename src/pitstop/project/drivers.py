"""Reads through what is not SQLAlchemy: drivers, other object mappers, document stores."""

from __future__ import annotations

from pitstop.project.facts import Call, Const, Expr, Format
from pitstop.project.model import Type

_MAPPERS = {
    "tortoise.models.Model.": {
        "all",
        "count",
        "exists",
        "filter",
        "first",
        "get",
        "get_or_none",
        "values",
        "values_list",
    },
    "beanie.": {"count", "exists", "find_one", "first_or_none", "get", "to_list"},
    "peewee.Model.": {"count", "exists", "first", "get", "get_by_id", "get_or_none", "scalar"},
}
"""Methods of mapped classes, and of the queries they give, that send a statement. Sources: the documentation of each package."""
_STORES = {
    "asyncpg.": {"fetch", "fetchrow", "fetchval"},
    "databases.": {"fetch_all", "fetch_one", "fetch_val"},
    "motor.": {"aggregate", "count_documents", "distinct", "find_one", "to_list"},
    "pymongo.": {"count_documents", "distinct", "find_one"},
    "boto3.": {"get_item"},
    "aioboto3.": {"get_item"},
    "elasticsearch.": {"count", "get", "search"},
}
"""The same for connections, pools, collections and clients."""
_SQL = ("aiomysql.", "aiosqlite.", "psycopg.", "psycopg2.", "pymysql.", "sqlite3.", "mysql.connector.")
"""Packages whose cursors and connections execute whatever text they are given."""


def reads(name: str, called: Type, call: Call) -> tuple[bool, str]:
    """Whether a call of this external name reads rows, and the project's class of them, where a class is asked."""
    last = name.rpartition(".")[2]
    for start, methods in _MAPPERS.items():
        if name.startswith(start) and last in methods:
            return True, called.args[0].name if called.args and called.args[0].kind == "class" else ""
    sent = call.args[0] if call.args else None
    if any(name.startswith(start) and last in methods for start, methods in _STORES.items()):
        # `fetch_one("INSERT ... RETURNING id")` writes.
        return not _writes(sent), ""
    return name.startswith(_SQL) and last == "execute" and selects(sent), ""


def _writes(text: Expr | None) -> bool:
    words = text.value.split(None, 1) if isinstance(text, Const) and isinstance(text.value, str) else []
    return bool(words) and words[0].upper() in {"DELETE", "INSERT", "UPDATE"}


def selects(text: Expr | None) -> bool:
    """Whether a text is known to be a statement that reads."""
    if isinstance(text, Format):
        text = text.values[0] if text.values else None
    if isinstance(text, Const) and isinstance(text.value, str):
        return text.value.lstrip(" (\n\t").upper().startswith(("SELECT", "WITH"))
    return False
