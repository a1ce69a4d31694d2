"""Judges a condition over one row as a database does: true, false, or unknown (None) where a NULL leaves it open."""

from __future__ import annotations

import datetime
import enum
import functools
import re
import uuid
from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import Any

from .expressions import Node

_FUNCTIONS: dict[str, Callable[..., Any]] = {
    **dict.fromkeys(("length", "char_length", "character_length", "cardinality", "json_array_length"), len),
    "octet_length": lambda value: len(value.encode()) if isinstance(value, str) else len(value),
    "lower": lambda value: value.lower(),
    "upper": lambda value: value.upper(),
    **dict.fromkeys(("trim", "btrim"), lambda value: value.strip()),
    "ltrim": lambda value: value.lstrip(),
    "rtrim": lambda value: value.rstrip(),
    "abs": abs,
    "mod": lambda value, by: value % by,
    "round": lambda value, digits=0: round(value, digits),
    "integer": int,
    "substr": lambda value, start, size: value[start - 1 : start - 1 + size],
    "starts_with": lambda value, start: value.startswith(start),
}


class UnknownError(Exception):
    """Something that only the database can work out."""


def holds(node: Node, row: Mapping[str, Any], now: datetime.datetime) -> bool | None:
    """Whether a row satisfies a condition; None where SQL would say NULL, which a CHECK lets pass.

    `row` is by column name in lower case. Raises UnknownError where only the database can tell.
    """
    try:
        found = value_of(node, row, now)
    except UnknownError:
        raise
    except (TypeError, ValueError, ArithmeticError, AttributeError, LookupError, re.error) as error:
        raise UnknownError(repr(error)) from error
    return None if found is None else bool(found)


def value_of(node: Node, row: Mapping[str, Any], now: datetime.datetime) -> Any:
    """The value of a tree over one row. Raises UnknownError, and what Python raises for values that do not go together."""
    kind = node[0]
    if kind == "literal":
        return node[1]
    if kind == "column":
        if node[1] not in row:
            raise UnknownError(node[1])
        return plain(row[node[1]])
    if kind in ("and", "or"):
        return _joined(kind, node[1], row, now)
    if kind == "not":
        inner = value_of(node[1], row, now)
        return None if inner is None else not inner
    if kind == "null":
        return value_of(node[1], row, now) is None
    if kind == "in":
        return _contained(node, row, now)
    if kind == "call":
        return _called(node[1], [value_of(part, row, now) for part in node[2]], now)
    if kind not in ("compare", "arithmetic", "like", "regex"):
        raise UnknownError(kind)
    left_at, right_at = (1, 2) if kind in ("like", "regex") else (2, 3)
    left, right = value_of(node[left_at], row, now), value_of(node[right_at], row, now)
    if left is None or right is None:
        return None
    if kind == "compare":
        return compare(node[1], left, right)
    if kind == "arithmetic":
        return _calculated(node[1], left, right)
    if kind == "like":
        return like(right, node[3]).match(left) is not None
    return re.search(right, left, re.IGNORECASE if node[3] else 0) is not None


def plain(value: Any) -> Any:
    """A value as the database compares it: members of an enum by what is most likely stored, their names or text."""
    if isinstance(value, enum.Enum):
        return value.value if isinstance(value, str) else value.name
    return value


def _joined(kind: str, parts: list[Node], row: Mapping[str, Any], now: datetime.datetime) -> Any:
    """AND and OR over three values; one part that is certain can decide past another that is not known."""
    decisive = kind == "or"
    open_, unknown = False, None
    for part in parts:
        try:
            found = holds(part, row, now)
        except UnknownError as error:
            unknown = error
            continue
        if found is None:
            open_ = True
        elif found is decisive:
            return decisive
    if unknown is not None:
        raise unknown
    return None if open_ else not decisive


def _contained(node: Node, row: Mapping[str, Any], now: datetime.datetime) -> Any:
    left = value_of(node[1], row, now)
    if left is None:
        return None
    options = [value_of(part, row, now) for part in node[2]]
    if any(option is not None and compare("=", left, option) for option in options):
        return True
    return None if None in options else False


def _called(name: str, values: list[Any], now: datetime.datetime) -> Any:
    if name in ("now", "statement_timestamp", "transaction_timestamp", "clock_timestamp"):
        return now
    if name == "coalesce":
        return next((value for value in values if value is not None), None)
    if name in ("num_nonnulls", "num_nulls"):
        return sum((value is None) == (name == "num_nulls") for value in values)
    function = _FUNCTIONS.get(name)
    if function is None:
        raise UnknownError(name)
    return None if None in values else function(*values)


def _calculated(operator: str, left: Any, right: Any) -> Any:
    if operator == "||":
        return str(left) + str(right)
    left, right = alike(left, right)
    if operator == "+":
        return left + right
    if operator == "-":
        return left - right
    if operator == "*":
        return left * right
    if isinstance(left, int) and isinstance(right, int):
        whole = abs(left) // abs(right) * (1 if (left < 0) == (right < 0) else -1)
        return whole if operator == "/" else left - whole * right
    return left / right if operator == "/" else left % right


def compare(operator: str, left: Any, right: Any) -> bool:
    """One comparison of two values that are there."""
    left, right = alike(left, right)
    if operator == "=":
        return bool(left == right)
    if operator == "<>":
        return bool(left != right)
    if operator == "<":
        return bool(left < right)
    if operator == "<=":
        return bool(left <= right)
    return bool(left > right if operator == ">" else left >= right)


def alike(left: Any, right: Any) -> tuple[Any, Any]:
    """Two values as ones that Python can compare: moments with text, aware with naive, decimals with floats.

    Raises UnknownError for kinds that a database would compare in a way of its own.
    """
    if isinstance(left, str) and not isinstance(right, str):
        return alike(_read_as(right, left), right)
    if isinstance(right, str) and not isinstance(left, str):
        return alike(left, _read_as(left, right))
    if isinstance(left, datetime.datetime) and isinstance(right, datetime.datetime):
        return left.replace(tzinfo=None), right.replace(tzinfo=None)
    if isinstance(left, datetime.date) and isinstance(right, datetime.date):
        return _day(left), _day(right)
    if isinstance(left, (float, Decimal)) or isinstance(right, (float, Decimal)):
        return float(left), float(right)
    return left, right


def _day(value: datetime.date) -> datetime.date:
    return value.date() if isinstance(value, datetime.datetime) else value


def _read_as(sample: Any, text: str) -> Any:
    for kind in (datetime.datetime, datetime.date, datetime.time):
        if type(sample) is kind:
            return kind.fromisoformat(text)
    if isinstance(sample, uuid.UUID):
        return uuid.UUID(text)
    raise UnknownError(text)


@functools.lru_cache(maxsize=256)
def like(pattern: str, ignores_case: bool | None) -> re.Pattern[str]:
    """The pattern of LIKE as one of Python's. `ignores_case` is None where databases differ, and then strict."""
    parts = {"%": ".*", "_": "."}
    body = "".join(parts.get(letter, re.escape(letter)) for letter in pattern)
    return re.compile(f"{body}\\Z", re.DOTALL | (re.IGNORECASE if ignores_case else 0))
