"""Changes a row so that it satisfies a condition it does not: the part of it that is violated says how."""

from __future__ import annotations

import datetime
import random
from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import Any

from .conditions import UnknownError, alike, holds, plain, value_of
from .expressions import Node, columns
from .patterns import matching

Row = dict[str, Any]

_OPPOSITE = {"=": "<>", "<>": "=", "<": ">=", ">=": "<", ">": "<=", "<=": ">"}
_TURNED = {"=": "=", "<>": "<>", "<": ">", ">": "<", "<=": ">=", ">=": "<="}
_LENGTHS = ("length", "char_length", "character_length", "octet_length", "cardinality", "json_array_length")


class Bounds:
    """Between which constants each column must lie, by the conditions that always hold."""

    def __init__(self, conditions: list[Node]) -> None:
        self._low: dict[str, Any] = {}
        self._high: dict[str, Any] = {}
        for condition in conditions:
            self._take(condition)

    def _take(self, node: Node) -> None:
        if node[0] == "and":
            for part in node[1]:
                self._take(part)
        elif node[0] == "compare" and node[2][0] == "column" and node[3][0] == "literal":
            self._note(node[2][1], node[1], node[3][1])
        elif node[0] == "compare" and node[3][0] == "column" and node[2][0] == "literal":
            self._note(node[3][1], _TURNED[node[1]], node[2][1])

    def _note(self, name: str, operator: str, value: Any) -> None:
        if isinstance(value, bool) or not isinstance(value, (int, Decimal)):
            return
        if operator in (">", ">=", "="):
            self._low[name] = max(value, self._low.get(name, value))
        if operator in ("<", "<=", "="):
            self._high[name] = min(value, self._high.get(name, value))

    def of(self, name: str, low: Any, high: Any) -> tuple[Any, Any]:
        """`low` and `high`, either of which may be None, narrowed by what is known of the column."""
        known_low, known_high = self._low.get(name), self._high.get(name)
        if known_low is not None and (low is None or known_low > low):
            low = known_low
        if known_high is not None and (high is None or known_high < high):
            high = known_high
        return low, high


class Mender:
    """Mends rows of one table. `fresh` makes a new value of a column that is not NULL; `fixed` are left as they are but
    for NULL: keys, whose values mean other rows."""

    def __init__(
        self,
        conditions: list[Node],
        fresh: Mapping[str, Callable[[], Any]],
        fixed: set[str],
        nullable: set[str],
        chance: random.Random,
        now: datetime.datetime,
    ) -> None:
        self._bounds = Bounds(conditions)
        self._fresh = fresh
        self._fixed = fixed
        self._nullable = nullable
        self._chance = chance
        self._now = now

    def turn(self, node: Node, row: Row) -> None:
        """Change `row` once more, as the condition says or, where that is not understood, by chance."""
        before = dict(row)
        self.mend(node, row)
        if row == before:
            name = self._chance.choice(sorted(columns(node) & set(row)) or [""])
            null = row.get(name) is not None and name in self._nullable and self._chance.random() < 0.5
            if null or name not in self._fixed:
                row.update(
                    {name: None} if null else {name: self._fresh[name]()} if name in self._fresh else {}
                )

    def mend(self, node: Node, row: Row, wanted: bool = True) -> None:
        """Change `row`, by column name in lower case, towards `node` being true (or false). It may take several turns."""
        kind = node[0]
        if kind == "not":
            self.mend(node[1], row, not wanted)
        elif kind in ("and", "or"):
            if (kind == "and") is wanted:
                for part in node[1]:
                    if self._is(part, row) is not wanted:
                        self.mend(part, row, wanted)
            else:
                self.mend(self._chance.choice(node[1]), row, wanted)
        elif kind == "null":
            for name in _named(node[1]):
                self._set_null(name, row, wanted)
        elif kind == "compare":
            self._compare(node[1] if wanted else _OPPOSITE[node[1]], node[2], node[3], row)
        elif kind == "in":
            self._choose(node, row, wanted)
        elif kind == "column" and node[1] in row:
            self._put(node[1], wanted, row)
        elif kind in ("like", "regex") and wanted:
            self._match(node, row)

    def _is(self, node: Node, row: Row) -> bool | None:
        try:
            return holds(node, row, self._now)
        except UnknownError:
            return True

    def _put(self, name: str, value: Any, row: Row) -> None:
        if name in row and name not in self._fixed:
            row[name] = value

    def _set_null(self, name: str, row: Row, null: bool) -> None:
        if name not in row:
            return
        if null and name in self._nullable:
            row[name] = None
        elif not null and row[name] is None and name in self._fresh:
            row[name] = self._fresh[name]()

    def _compare(self, operator: str, left: Node, right: Node, row: Row) -> None:
        if left[0] != "column" and left[0] != "call" and right[0] in ("column", "call"):
            operator, left, right = _TURNED[operator], right, left
        if left[0] == "call" and left[1] in _LENGTHS and right[0] == "literal":
            for name in _named(left[2][0]):
                self._resize(name, operator, int(right[1]), row)
            return
        if left[0] == "call" and left[1] in ("num_nonnulls", "num_nulls") and right[0] == "literal":
            self._count(left, operator, int(right[1]), row)
            return
        if left[0] == "call" and right[0] == "column":
            operator, left, right = _TURNED[operator], right, left
        if left[0] != "column" or left[1] not in row:
            return
        try:
            other = value_of(right, row, self._now)
        except Exception:
            return
        if other is None:
            self._set_null(left[1], row, True)
            return
        name = left[1]
        if (
            (name in self._fixed or row[name] is None)
            and right[0] == "column"
            and right[1] not in self._fixed
        ):
            operator, name, other = _TURNED[operator], right[1], plain(row[name])
        if operator == "=":
            self._put(name, self._as_of(name, other, row), row)
        elif operator == "<>":
            if name in self._fresh:
                self._put(name, self._fresh[name](), row)
        else:
            self._put(name, self._beyond(name, operator, other, row), row)

    def _as_of(self, name: str, value: Any, row: Row) -> Any:
        """A value in the kind that the column has."""
        sample = self._sample(name, row)
        if isinstance(sample, bool):
            return bool(value)
        if isinstance(sample, (int, float, Decimal)) and isinstance(value, (int, float, Decimal)):
            return type(sample)(value)
        if isinstance(value, str) and sample is not None and not isinstance(sample, str):
            try:
                return alike(sample, value)[1]
            except (UnknownError, ValueError):
                return value
        return value

    def _sample(self, name: str, row: Row) -> Any:
        if row.get(name) is not None:
            return row[name]
        return self._fresh[name]() if name in self._fresh else None

    def _beyond(self, name: str, operator: str, other: Any, row: Row) -> Any:
        """A value of the column above or below `other`, by its kind, within what is known of the column."""
        sample = self._sample(name, row)
        up = operator in (">", ">=")
        if isinstance(sample, (datetime.date, datetime.time)):
            return self._moment(sample, other, up)
        if (
            isinstance(sample, bool)
            or not isinstance(sample, (int, float, Decimal))
            or isinstance(other, str)
        ):
            return row.get(name)
        low, high = self._bounds.of(name, other if up else None, None if up else other)
        span = abs(int(other)) + 100
        low = high - span if low is None else low
        high = low + span if high is None else high
        if isinstance(sample, int):
            first, last = int(low) + (up and operator == ">"), int(high) - (not up and operator == "<")
            return self._chance.randint(first, last) if first <= last else first
        share = Decimal(self._chance.randint(1, 999)) / 1000
        between = Decimal(str(low)) + (Decimal(str(high)) - Decimal(str(low))) * share
        digits = -int(sample.as_tuple().exponent) if isinstance(sample, Decimal) else 2
        return type(sample)(round(between, digits))

    def _moment(self, sample: Any, other: Any, up: bool) -> Any:
        if isinstance(other, str):
            other = alike(sample, other)[1]
        if isinstance(other, datetime.time):
            minutes = other.hour * 60 + other.minute
            minute = (
                self._chance.randint(min(minutes + 1, 1439), 1439)
                if up
                else self._chance.randint(0, max(minutes - 1, 0))
            )
            return datetime.time(minute // 60, minute % 60)
        step = datetime.timedelta(days=self._chance.randint(1, 30), hours=self._chance.randint(0, 23))
        found = other + step if up else other - step
        if isinstance(sample, datetime.datetime) and isinstance(found, datetime.datetime):
            return found.replace(tzinfo=sample.tzinfo)
        if isinstance(sample, datetime.datetime):
            return datetime.datetime(found.year, found.month, found.day, tzinfo=sample.tzinfo)
        return found.date() if isinstance(found, datetime.datetime) else found

    def _resize(self, name: str, operator: str, size: int, row: Row) -> None:
        value: Any = self._sample(name, row)
        if not isinstance(value, (str, bytes, list)):
            return
        size += {"<": -1, ">": 1}.get(operator, 0)
        if operator in ("<", "<=", "=") and len(value) > size:
            # the end is what tells one text from the next
            value = value[len(value) - size :] if isinstance(value, str) else value[:size]
        if operator in (">", ">=", "=") and len(value) < size:
            filling: Any = "x" if isinstance(value, str) else b"x" if isinstance(value, bytes) else value[:1]
            longer: Any = value
            value = longer + filling * (size - len(value))
        self._put(name, value, row)

    def _count(self, call: Node, operator: str, number: int, row: Row) -> None:
        names = [name for part in call[2] for name in _named(part) if name in row]
        number = max(0, min(len(names), number + {">": 1, "<": -1}.get(operator, 0)))
        chosen = set(self._chance.sample(names, number))
        for name in names:
            self._set_null(name, row, (name in chosen) == (call[1] == "num_nulls"))

    def _choose(self, node: Node, row: Row, wanted: bool) -> None:
        options = [part[1] for part in node[2] if part[0] == "literal" and part[1] is not None]
        for name in _named(node[1]):
            if wanted and options:
                self._put(name, self._as_of(name, self._chance.choice(options), row), row)
            elif name in self._fresh:
                self._put(name, self._fresh[name](), row)

    def _match(self, node: Node, row: Row) -> None:
        if node[2][0] != "literal" or not isinstance(node[2][1], str):
            return
        pattern = node[2][1]
        for name in _named(node[1]):
            if node[0] == "regex":
                try:
                    self._put(name, matching(pattern, self._chance), row)
                except ValueError:
                    continue
            else:
                middle = f"{self._chance.randrange(10**6)}"
                self._put(name, pattern.replace("_", "x").replace("%", middle), row)


def _named(node: Node) -> list[str]:
    """The column that a part is about, through functions around it."""
    while node[0] == "call" and len(node[2]) >= 1:
        node = node[2][0]
    return [node[1]] if node[0] == "column" else []
