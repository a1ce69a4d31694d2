"""Puts rows of one table together: values, then what they refer to, then what conditions and uniqueness ask."""

from __future__ import annotations

import datetime
import random
from collections.abc import Callable, Collection, Iterable, Sequence
from typing import Any

from .asking import Columns
from .conditions import UnknownError, holds, plain
from .mending import Mender
from .pools import Chooser, Exhausted
from .schema import Check, Foreign, Plan, Unique
from .values import DAYS, Make, maker, null_share
from .words import choices

Row = dict[str, Any]

TURNS = 12
"""How often a row is mended before it is thrown away."""
TRIES = 200
"""How many rows in a row may be thrown away before the table is taken for full."""
_ROOTS = 0.1
"""How many of the rows that may refer to others of their table refer to none."""


class Rows:
    """The rows of one table, one after the other, by column name in lower case.

    `choosers` has one for each foreign key whose rows are there; of `postponed` ones, and where there is nothing to
    refer to, the columns stay NULL. No more rows are made when the rows that a `bound` one may each refer to once are used up. `total` is how many rows there will be, over which the two years are spread.
    """

    def __init__(
        self,
        plan: Plan,
        columns: Columns,
        chance: random.Random,
        now: datetime.datetime,
        total: int,
        taken: dict[int, set[int]],
    ) -> None:
        self.plan = plan
        self._chance = chance
        self._now = now
        self._number = plan.before
        self._step = datetime.timedelta(days=DAYS) / max(1, total + 1)
        self._start = now - datetime.timedelta(days=DAYS) + self._step * plan.before
        self.choosers: dict[int, Chooser] = {}
        self.postponed: set[int] = set()
        self.bound: set[int] = set()
        self._taken = taken
        self._counted = self._counters(columns)
        self._makers: list[tuple[str, Make, float]] = []
        for name, asked in columns.asked.items():
            make = maker(asked, now)
            if make is not None:
                self._makers.append((name, make, null_share(asked)))
            elif not asked.nullable:
                raise Exhausted(f"no value is known for {asked.name}, which may not be NULL")
        self._conditions = [check for check in plan.checks if check.node is not None]
        referring = {name for foreign in plan.foreigns for name in foreign.columns}
        self._fixed = referring
        self._referring = sorted(referring)
        made = {name: make for name, make, _ in self._makers}
        self._mender = Mender(
            [check.node for check in self._conditions if check.node is not None],
            {name: self._fresh(make) for name, make in made.items()},
            self._fixed,
            {name for name in [*made, *referring] if plan.nullable(name)},
            chance,
            now,
        )

    def _fresh(self, make: Make) -> Callable[[], Any]:
        return lambda: make(self._chance, self._number, self._now)

    def _counters(self, columns: Columns) -> dict[str, tuple[tuple[str, ...], dict[int, int]]]:
        """Whole numbers that count the rows of each parent, where only both together are unique."""
        found: dict[str, tuple[tuple[str, ...], dict[int, int]]] = {}
        for unique in self.plan.uniques:
            names = [name for name in unique.columns if name in columns.asked]
            if len(unique.columns) < 2 or unique.where is not None:
                continue
            if any(columns.asked[name].distinct for name in names):
                continue
            kinds = {name: columns.asked[name].form.kind for name in names}
            whole = [name for name in names if kinds[name] in ("integer", "bigint", "smallint")]
            text = [
                name for name in names
                if kinds[name] == "text" and not columns.asked[name].choices and choices(name) is None
            ]  # fmt: skip
            if text:
                columns.asked[text[0]].distinct = True
            elif len(whole) == 1 and not {"uuid", "date", "datetime", "time"} & set(kinds.values()):
                found[whole[0]] = (tuple(name for name in unique.columns if name != whole[0]), {})
        return found

    def next(self) -> Row:
        """One more row. Raises Exhausted when no further one can be made."""
        why = ""
        for _ in range(TRIES):
            self._number += 1
            row, why = self._assembled()
            if row is not None:
                return row
        raise Exhausted(why)

    def _assembled(self) -> tuple[Row | None, str]:
        chance = self._chance
        at = self._start + self._step * (self._number - self.plan.before) - self._step * chance.random()
        at = min(at, self._now).replace(microsecond=0)
        number = self._number
        row: Row = {}
        for name, make, share in self._makers:
            row[name] = None if share and chance.random() < share else make(chance, number, at)
        if self.plan.foreigns:
            problem = self._refer(row)
            if problem:
                return None, problem
        for name, (others, counts) in self._counted.items():
            key = hash(tuple(row.get(other) for other in others))
            row[name] = counts[key] = max(counts.get(key, 0) + 1, 1)
        violated = self._mended(row)
        if violated is not None:
            return None, f"no row was found that satisfies CHECK ({violated.text})"
        clash = self._clash(row)
        if clash is not None:
            return None, f"no further rows differ in ({', '.join(clash.columns)}), which must be unique"
        return row, ""

    def _refer(self, row: Row) -> str:
        settled: set[str] = set()
        for place, foreign in enumerate(self.plan.foreigns):
            key = self._key(place, foreign, row, settled)
            if key is None:
                if place in self.bound and not len(self.choosers[place]):
                    return f"there is no row of {foreign.target[1]} left to refer to"
                open_ = [name for name in foreign.columns if name not in settled and self.plan.nullable(name)]
                if not open_ and not any(
                    row.get(name) is None for name in foreign.columns if name in settled
                ):
                    return f"there is no row of {foreign.target[1]} left to refer to"
                row.update(dict.fromkeys(open_))
                settled.update(open_)
            else:
                row.update(named(foreign.columns, key))
                settled.update(foreign.columns)
        for name in self._referring:
            row.setdefault(name, None)
        return ""

    def _key(
        self, place: int, foreign: Foreign, row: Row, settled: Collection[str]
    ) -> tuple[Any, ...] | None:
        chooser = self.choosers.get(place)
        if place in self.postponed or chooser is None:
            return self._own(foreign, row)
        if any(row.get(name) is None for name in foreign.columns if name in settled):
            return None
        optional = self.plan.optional(foreign)
        to_itself = foreign.target == self.plan.key
        if optional and to_itself and self._chance.random() < _ROOTS:
            return None
        if optional and {"deleted", "archived", "revoked", "cancelled"} & set(
            "_".join(foreign.columns).split("_")
        ):
            return chooser.choose(row, set(settled)) if self._chance.random() < 0.05 else None
        return chooser.choose(row, set(settled)) or self._own(foreign, row)

    def _own(self, foreign: Foreign, row: Row) -> tuple[Any, ...] | None:
        """A row that must refer to one of its own table, and is the first, refers to itself."""
        if foreign.target != self.plan.key or self.plan.optional(foreign):
            return None
        values = tuple(row.get(name.lower()) for name in foreign.targets)
        return None if None in values else values

    def _mended(self, row: Row) -> Check | None:
        """Mend the row until it satisfies all conditions that are understood; one that it cannot be made to satisfy."""
        violated: Check | None = None
        for _ in range(TURNS if self._conditions else 0):
            violated = next((check for check in self._conditions if self._violates(check, row)), None)
            if violated is None:
                return None
            self._mender.turn(violated.node or (), row)
        return violated

    def _violates(self, check: Check, row: Row) -> bool:
        try:
            return check.node is not None and holds(check.node, row, self._now) is False
        except UnknownError:
            return False

    def _clash(self, row: Row) -> Unique | None:
        keys: list[tuple[int, int]] = []
        for place, unique in enumerate(self.plan.uniques):
            key = unique_key(unique, row, self._now)
            if key is None:
                continue
            if key in self._taken.setdefault(place, set()):
                return unique
            keys.append((place, key))
        for place, key in keys:
            self._taken[place].add(key)
        return None

    def count_from(self, rows: Collection[Row]) -> None:
        """Let counters go on after the rows that are there."""
        for name, (others, counts) in self._counted.items():
            for row in rows:
                key = hash(tuple(row.get(other) for other in others))
                if isinstance(row.get(name), int):
                    counts[key] = max(counts.get(key, 0), row[name])


def named(names: Sequence[str], values: Iterable[Any]) -> Row:
    """Values by their names."""
    return dict(zip(names, values))  # noqa: B905  # Python 3.9 does not know `strict`


def unique_key(unique: Unique, row: Row, now: datetime.datetime) -> int | None:
    """What stands for a row's values of unique columns; None where they do not count: a NULL, or past a partial index.

    Upper and lower case are one, for an index over `lower(name)` or a collation may say so.
    """
    values = []
    for name in unique.columns:
        value = plain(row.get(name))
        if value is None:
            return None
        values.append(value.lower() if isinstance(value, str) else value)
    if unique.where is not None:
        try:
            if holds(unique.where, row, now) is not True:
                return None
        except UnknownError:
            return None
    try:
        return hash(tuple(values))
    except TypeError:
        return hash(repr(values))
