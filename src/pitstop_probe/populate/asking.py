"""What is asked of each column of a table, put together from its type, its default, its class and the rows that are there."""

from __future__ import annotations

import ast
import json
import re
from decimal import Decimal
from typing import Any

from . import words
from .catalog import Catalog
from .expressions import UnreadableError, read
from .schema import Plan
from .types import Form, called_default, form_of
from .values import Asked, skewed

FEW = 50
"""A column with at most so many different values among many rows has one of few."""
_MANY = 20
_BY_TYPE = ("uuid", "datetime", "date", "time")
_FEW_BY_NAME = ("text", "smallint", "integer", "enum")
_LIMITS = {
    "length": re.compile(r"max_length=(\d+)"),
    "pattern": re.compile(r"""pattern=r?("(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*')"""),
    "least": re.compile(r"\b(g[et])=(-?\d+(?:\.\d+)?)"),
    "most": re.compile(r"\b(l[et])=(-?\d+(?:\.\d+)?)"),
}
_LITERAL = re.compile(r"Literal\[([^\]]*)\]")


class Columns:
    """The columns of one table that rows are made for, and why there may be none."""

    def __init__(self, plan: Plan, catalog: Catalog, connection: Any) -> None:
        self.asked: dict[str, Asked] = {}
        self.problem = ""
        self._catalog = catalog
        self._connection = connection
        self._library = catalog.library
        referring = {name for foreign in plan.foreigns for name in foreign.columns}
        alone = {
            unique.columns[0] for unique in plan.uniques if len(unique.columns) == 1 and unique.where is None
        }
        for name, column in plan.columns.items():
            if name in referring or _made_by_database(column, plan.reflected[name]):
                continue
            asked = self._one(plan, name, column, name in alone)
            if asked is not None:
                self.asked[name] = asked

    def _one(self, plan: Plan, name: str, column: Any, alone: bool) -> Asked | None:
        form = form_of(column, self._connection.dialect)
        counted = column.primary_key and form.kind in ("integer", "bigint", "smallint")
        if _called(column) and form.kind not in _BY_TYPE and not counted:
            return None
        server = plan.reflected[name].get("default")
        asked = Asked(plan.table.name, column.name, form)
        asked.nullable = plan.nullable(name)
        asked.distinct = alone
        asked.default = _constant(column, form, server)
        asked.annotation = self._catalog.annotations.get((plan.name, column.name), "")
        _limit(asked, self._catalog.limits.get((plan.name, column.name), ""))
        by_server = asked.default is None and (server is not None or column.server_default is not None)
        if by_server and form.kind not in _BY_TYPE and not counted:
            return None
        if not form.kind:
            if column.default is not None or asked.default is not None or server is not None:
                return None
            if not asked.nullable:
                self.problem = f"nothing is known of the type {type(column.type).__name__} of {column.name}, which may not be NULL"
            return None
        if alone and form.kind in ("integer", "bigint", "smallint") and plan.before:
            asked.start = self._greatest(column) - plan.before
        self._choose(plan, asked, column)
        return asked

    def _greatest(self, column: Any) -> int:
        found = self._connection.execute(self._library.select(self._library.func.max(column))).scalar()
        return int(found or 0)

    def _choose(self, plan: Plan, asked: Asked, column: Any) -> None:
        """Set the values that a column may have, where they are known."""
        identities = self._catalog.discriminators.get((plan.name, column.name))
        if identities:
            asked.choices = skewed([identity for identity, _ in identities])
            return
        if asked.distinct:
            return
        if plan.before and (asked.form.kind in _FEW_BY_NAME or asked.form.kind == "json"):
            self._observe(plan, asked, column)
        if asked.choices or asked.form.kind != "text":
            return
        literal = _LITERAL.search(asked.annotation)
        values: Any = None
        if literal is not None:
            try:
                values = list(ast.literal_eval(f"[{literal.group(1)}]"))
            except (ValueError, SyntaxError):
                values = None
        values = values or self._catalog.values_of(plan.name, column.name)
        if values:
            default = getattr(asked.default, "value", asked.default)
            asked.choices = skewed(sorted(values, key=lambda value: value != default))

    def _observe(self, plan: Plan, asked: Asked, column: Any) -> None:
        """Take over the values of the rows that are there, with their frequencies, if they are few for so many rows."""
        if asked.form.kind == "json":
            found = [
                row[0]
                for row in self._connection.execute(self._library.select(column).limit(_MANY)).fetchall()
            ]
            found = [value for value in found if value is not None]
            if found:
                asked.choices = [(value, 1.0) for value in found]
            return
        number = self._library.func.count()
        rows = self._connection.execute(
            _select(self._library, column, number)
            .group_by(column)
            .order_by(number.desc(), column)
            .limit(FEW + 1)
        ).fetchall()
        named = words.choices(asked.name) is not None or asked.form.kind == "enum"
        few = len(rows) <= FEW and (named or (plan.before >= _MANY and len(rows) * 5 <= plan.before))
        if few and any(value is not None for value, _ in rows):
            asked.choices = [
                (value, float(count)) for value, count in rows if value is not None or asked.nullable
            ]
            asked.observed = True


def _limit(asked: Asked, said: str) -> None:
    """Take over what Pydantic holds the values to."""
    longest = _LIMITS["length"].search(said)
    if longest is not None and asked.form.kind == "text":
        asked.length = min(int(longest.group(1)), asked.length or int(longest.group(1)))
    pattern = _LIMITS["pattern"].search(said)
    if pattern is not None:
        try:
            asked.pattern = str(ast.literal_eval(pattern.group(1)))
        except (ValueError, SyntaxError):
            asked.pattern = ""
    step = 0.01 if asked.form.kind in ("float", "numeric") else 1
    least, most = _LIMITS["least"].search(said), _LIMITS["most"].search(said)
    if least is not None:
        asked.least = float(least.group(2)) + (step if least.group(1) == "gt" else 0)
    if most is not None:
        asked.most = float(most.group(2)) - (step if most.group(1) == "lt" else 0)


def _select(library: Any, *columns: Any) -> Any:
    """`select` as both SQLAlchemy 1.4 and 2 take it."""
    return library.select(*columns)


def _made_by_database(column: Any, said: dict[str, Any]) -> bool:
    identity = said.get("identity") or {}
    return bool(
        column.computed is not None
        or said.get("computed")
        or (column.identity is not None and column.identity.always)
        or identity.get("always")
    )


def _called(column: Any) -> bool:
    """Whether the app makes the column's value by calling something for each row, a sequence included."""
    return column.default is not None and not getattr(column.default, "is_scalar", False)


def _constant(column: Any, form: Form, server: Any) -> Any:
    """The constant that the app, or else the database, puts where no value is given; None where there is none."""
    if column.default is not None:
        return called_default(column) if getattr(column.default, "is_scalar", False) else None
    said = getattr(column.server_default, "arg", None)
    if said is None:
        said = server
    if said is None:
        return None
    text = said if isinstance(said, str) else str(getattr(said, "text", said))
    if not (isinstance(said, str) and column.server_default is not None):
        try:
            node = read(text)
        except UnreadableError:
            return None
        if node[0] != "literal":
            return None
        text = node[1]
    return _converted(text, form.kind)


def _converted(value: Any, kind: str) -> Any:
    try:
        if kind == "boolean":
            return str(value).lower() in ("1", "t", "true", "y", "yes", "on")
        if kind in ("smallint", "integer", "bigint"):
            return int(value)
        if kind in ("float", "numeric"):
            return Decimal(str(value))
        if kind == "json":
            return json.loads(value)
        return value if kind in ("text", "enum") and isinstance(value, str) else None
    except (TypeError, ValueError, ArithmeticError):
        return None
