"""What a column's type is at its root, and in which form it takes values: asked of the type itself.

A type of the app's own (`TypeDecorator`) is tried with values of several forms: the first that it binds, and reads back,
is what it takes.
"""

from __future__ import annotations

import datetime
import enum
import uuid
from collections.abc import Iterator
from decimal import Decimal
from typing import Any

KINDS = {
    "Enum": "enum", "Boolean": "boolean", "Uuid": "uuid", "UUID": "uuid", "Interval": "interval", "DateTime": "datetime",
    "Date": "date", "Time": "time", "SmallInteger": "smallint", "BigInteger": "bigint", "Integer": "integer",
    "Float": "float", "Numeric": "numeric", "JSON": "json", "ARRAY": "array", "_Binary": "binary", "LargeBinary": "binary",
    "BYTEA": "binary", "INET": "inet", "CIDR": "cidr", "MACADDR": "macaddr", "HSTORE": "hstore", "CITEXT": "text",
    "String": "text", "INT4RANGE": "range", "INT8RANGE": "range", "NUMRANGE": "range", "DATERANGE": "range",
    "TSRANGE": "range", "TSTZRANGE": "range", "VECTOR": "vector", "Vector": "vector", "HALFVEC": "vector",
}  # fmt: skip
"""Classes of types by name, for SQLAlchemy's versions have them in different places; the nearest base counts."""

_FAR = datetime.datetime(2025, 3, 4, 5, 6, 7)  # noqa: DTZ001  # most columns have no time zone


class Form:
    """What a column takes. `kind` is one of `KINDS`, or "" where the type is not known; `type` is the type at the root."""

    __slots__ = ("aware", "kind", "sample", "text", "type")

    def __init__(
        self, kind: str, root: Any, *, text: bool = False, aware: bool = False, sample: Any = None
    ) -> None:
        self.kind = kind
        self.type = root
        self.text = text
        """A UUID is handed over as text."""
        self.aware = aware
        """A moment has a time zone."""
        self.sample = sample
        """The one value to use where the kind alone does not tell: a constant, or a mapping or list for JSON."""


def form_of(column: Any, dialect: Any) -> Form:
    """How values for a column look. `kind` is "" where nothing that is known here fits the type."""
    type_ = column.type
    names = {base.__name__ for base in type(type_).__mro__}
    if "TypeDecorator" in names and kind_of(type_) != "interval":
        return _decorated(column, dialect)
    try:
        form = _plain(type_.dialect_impl(dialect))
    except Exception:
        return _plain(type_)
    return form if form.kind else _plain(type_)


def _plain(type_: Any) -> Form:
    kind = kind_of(type_)
    text = kind == "uuid" and not getattr(type_, "as_uuid", True)
    return Form(kind, type_, text=text, aware=bool(getattr(type_, "timezone", False)))


def kind_of(type_: Any) -> str:
    """The kind of a type, by the nearest of its bases that is known."""
    for base in type(type_).__mro__:
        if base.__name__ in KINDS:
            return KINDS[base.__name__]
    return ""


def _decorated(column: Any, dialect: Any) -> Form:
    root = column.type
    while "TypeDecorator" in {base.__name__ for base in type(root).__mro__}:
        inner = getattr(root, "impl_instance", None) or root.impl
        if inner is root or isinstance(inner, type):
            break
        root = inner
    plain = _plain(root)
    for form, value in _forms(column, plain):
        if _takes(column.type, dialect, value, plain.kind):
            return form
    return Form("", root)


def _forms(column: Any, plain: Form) -> Iterator[tuple[Form, Any]]:
    """The forms a type of the app's own may take, the likeliest first, each with a value to try."""
    name = type(column.type).__name__.lower()
    root = plain.type
    default = called_default(column)
    if isinstance(default, uuid.UUID):
        yield Form("uuid", root), default
    elif isinstance(default, datetime.datetime):
        yield Form("datetime", root, aware=default.tzinfo is not None), default
    elif default is not None and not isinstance(default, (str, int)):
        yield Form("constant", root, sample=default), default
    members = getattr(root, "enum_class", None) or getattr(column.type, "enum_class", None)
    if isinstance(members, type) and issubclass(members, enum.Enum):
        yield Form("members", root, sample=list(members)), next(iter(members))
    for offered in [getattr(column.type, "choices", None)]:
        found = [each[0] if isinstance(each, tuple) else each for each in offered or ()]
        if found:
            yield Form("members", root, sample=found), found[0]
    if plain.kind == "text" and ("uuid" in name or "guid" in name):
        yield Form("uuid", root), uuid.UUID(int=7)
    structured = any(
        word in name for word in ("json", "dict", "list", "pydantic", "model", "object", "map", "pickle")
    )
    if structured or plain.kind == "json":
        empties: list[Any] = [[], {}] if "list" in name else [{}, []]
        for empty in empties:
            yield Form("json", root, sample=empty), empty
    if structured:
        return
    if plain.kind == "datetime":
        yield Form("datetime", root, aware=True), _FAR.replace(tzinfo=datetime.timezone.utc)
        yield Form("datetime", root), _FAR
    elif plain.kind:
        yield plain, _sample(plain)
    yield Form("uuid", root), uuid.UUID(int=7)
    yield Form("datetime", root, aware=True), _FAR.replace(tzinfo=datetime.timezone.utc)
    yield Form("datetime", root), _FAR
    yield Form("json", root, sample={}), {}
    yield Form("json", root, sample=[]), []
    yield Form("numeric", root), Decimal("1.5")
    yield Form("integer", root), 7
    yield Form("text", root), "text"


def _sample(form: Form) -> Any:
    samples: dict[str, Any] = {
        "text": "amber bridge", "integer": 7, "smallint": 7, "bigint": 7, "float": 1.5, "numeric": Decimal("1.5"),
        "boolean": True, "uuid": str(uuid.UUID(int=7)) if form.text else uuid.UUID(int=7), "date": _FAR.date(),
        "time": _FAR.time(), "interval": datetime.timedelta(hours=1), "binary": b"\0", "array": [],
    }  # fmt: skip
    if form.kind == "enum":
        return (list(form.type.enums) or [None])[0]
    return samples.get(form.kind)


_BOUND: dict[str, tuple[type, ...]] = {
    "text": (str, uuid.UUID), "integer": (int,), "bigint": (int,), "smallint": (int,), "float": (int, float, Decimal),
    "numeric": (int, float, Decimal, str), "datetime": (datetime.datetime, str), "date": (datetime.date, str),  "boolean": (bool, int),
}  # fmt: skip


def _takes(type_: Any, dialect: Any, value: Any, root: str) -> bool:
    if value is None:
        return False
    try:
        implementation = type_.dialect_impl(dialect)
        bind = implementation.bind_processor(dialect)
        bound = bind(value) if bind is not None else value
        if bound is None or (root in _BOUND and not isinstance(bound, _BOUND[root])):
            return False
        result = implementation.result_processor(dialect, None)
        return result is None or result(bound) is not None
    except Exception:
        return False


def called_default(column: Any) -> Any:
    """A value of the column's default in Python; None where there is none that can be had without a statement."""
    default = column.default
    if (
        default is None
        or getattr(default, "is_sequence", False)
        or getattr(default, "is_clause_element", False)
    ):
        return None
    if getattr(default, "is_scalar", False):
        return default.arg
    try:
        return default.arg(None)
    except Exception:
        return None
