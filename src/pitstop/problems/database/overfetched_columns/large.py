"""Columns whose values are large by their type: bytes, documents, vectors, long text."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from pitstop.data import Location
from pitstop.project.facts import Attr, Call, Const, Expr, Name

if TYPE_CHECKING:
    from pitstop.project.orm import Column, Model

_SURE = {
    "BLOB",
    "BYTEA",
    "HALFVEC",
    "LONGBLOB",
    "LONGTEXT",
    "LargeBinary",
    "MEDIUMBLOB",
    "MEDIUMTEXT",
    "PickleType",
    "TSVECTOR",
    "VECTOR",
    "Vector",
}
_OFTEN = {"Text", "TEXT", "CLOB", "UnicodeText", "JSON", "JSONB"}
"""PostgreSQL keeps short strings in `text` too, and small settings in `jsonb`: the name has to tell of more."""
_TELLING = re.compile(
    r"(?:^|_)(?:blob|body|bodies|contents?|definition|document|dump|embeddings?|file_data|full_text|graph|html"
    r"|image_data|logs?|markdown|messages|page_text|payload|raw|response|results?|snapshot|source_code|stack_?trace|traceback"
    r"|transcript)(?:$|_)"
)
_SECRET = re.compile(
    r"(?:^|_)(?:checksum|digest|encrypted|hash|hashed|hmac|iv|key|mac|nonce|password|salt|secret|signature"
    r"|token)(?:$|_)"
)
"""Bytes that are as short as a line of text."""
_SMALL = re.compile(r"(?:_type|_id|_ids|_name|_hash|_key|_url|_code|_status|_at|_count|_length|_size)$")


@dataclass(frozen=True, slots=True)
class Large:
    """One column that is large: for sure by its type, or likely so by type and name."""

    name: str
    kind: str
    sure: bool
    location: Location


def large_columns(model: Model) -> list[Large]:
    """The columns of a class that are large and loaded with each row."""
    return [found for column in model.columns.values() if (found := _large(column)) is not None]


def _large(column: Column) -> Large | None:
    call = column.node.value
    if not isinstance(call, Call) or _is_deferred(call):
        return None
    if _SECRET.search(column.attribute):
        return None
    for kind in _types(call):
        sure = kind in _SURE
        if sure or (
            kind in _OFTEN and _TELLING.search(column.attribute) and not _SMALL.search(column.attribute)
        ):
            return Large(
                column.attribute, kind, sure, column.owner.module.location(column.node, column.owner.qualname)
            )
    return None


def _is_deferred(call: Call) -> bool:
    name = call.func.attr if isinstance(call.func, Attr) else getattr(call.func, "id", "")
    value = call.keyword("deferred")
    return name == "deferred" or (
        value is not None and not (isinstance(value, Const) and value.value is False)
    )


def _types(call: Call) -> Iterator[str]:
    """The names of types that a column is declared with, those in `sa_column=Column(...)` too."""
    inner = call.keyword("sa_column")
    if isinstance(inner, Call):
        yield from _types(inner)
    given: list[Expr | None] = [*call.args[:2], call.keyword("type_"), call.keyword("sa_type")]
    for one in given:
        value = one.func if isinstance(one, Call) else one
        if isinstance(value, Attr):
            yield value.attr
        elif isinstance(value, Name):
            yield value.id
