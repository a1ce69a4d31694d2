"""Writes the rows: tables in the order of their foreign keys, some thousand rows a transaction."""

from __future__ import annotations

import datetime
import random
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any

from .asking import Columns
from .catalog import Catalog
from .pools import Chooser, Exhausted, Key, Pools, transaction
from .rows import Row, Rows, named, unique_key
from .schema import Foreign, Plan, Schema
from .shape import Shape
from .types import kind_of
from .writing import Refused, Writer, words_of

BATCH = 4_000
_FIRST_LEVEL = 16
"""How many rows of a tree are made before the next may refer to them; each level has four times as many."""

_PROMISED = 100
"""To how many rows of a table that is still empty rows may refer."""

Progress = Callable[[str, int, int], None]
"""Told a table, how many rows it has, and how many it is to have."""


class Filler:
    """Fills the tables of one database."""

    def __init__(
        self,
        catalog: Catalog,
        connection: Any,
        schema: Schema,
        *,
        seed: int,
        now: datetime.datetime,
        shape: Shape,
        progress: Progress,
    ) -> None:
        self._catalog = catalog
        self._connection = connection
        self._schema = schema
        self._seed = seed
        self._now = now
        self._shape = shape
        self._progress = progress
        self._pools = Pools(catalog.library, connection, schema.plans)
        self._writer = Writer(catalog.library, connection)

    def fill(self) -> None:
        """Fill all tables; what could not be is said in `reason` of its plan."""
        postponed: list[tuple[Plan, Foreign]] = []
        order = iter(list(ordered(self._schema.plans)))
        for plan, later in order:
            circle = self._one(plan, later, postponed)
            if circle:
                self._round(plan, circle, order, postponed)
        for plan, foreign in postponed:
            self._connect(plan, foreign)

    def _one(
        self,
        plan: Plan,
        later: Sequence[Foreign],
        postponed: list[tuple[Plan, Foreign]],
        inside: bool = False,
    ) -> set[tuple[str, str]]:
        """Fill one table. One that cannot be filled before others, which need it too, is not begun but from `inside` of a
        transaction for all of them: then their keys are returned."""
        given_up = [
            foreign
            for foreign in plan.foreigns
            if foreign.by_name and (foreign in later or not self._pools.of(foreign))
        ]
        plan.foreigns = [foreign for foreign in plan.foreigns if foreign not in given_up]
        waiting = [foreign for foreign in later if foreign not in given_up and plan.optional(foreign)]
        promised = [foreign for foreign in later if foreign not in given_up and foreign not in waiting]
        if promised and not inside:
            return {foreign.target for foreign in promised}
        postponed += [(plan, foreign) for foreign in waiting]
        try:
            self._fill_one(plan, waiting, promised)
        except Exhausted as full:
            plan.reason = str(full)
        except Refused as error:
            plan.reason = f"the database refused: {error}"
        except Exception as error:
            # a schema that is not understood is no reason to leave the others empty
            plan.reason = f"{type(error).__name__}: {' '.join(str(error).split())[:300]}"
        self._pools.forget(plan.key)
        self._finish(plan)
        return {foreign.target for foreign in promised}

    def _round(
        self,
        plan: Plan,
        circle: set[tuple[str, str]],
        order: Iterator[tuple[Plan, list[Foreign]]],
        postponed: list[tuple[Plan, Foreign]],
    ) -> None:
        """Fill tables that need each other in one transaction, at whose end the database looks at their keys."""
        done = [plan]
        try:
            with self._connection.begin():
                self._writer.defer()
                self._one(
                    plan, [each for each in plan.foreigns if each.target in circle], postponed, inside=True
                )
                while circle:
                    plan, later = next(order)
                    done.append(plan)
                    circle.discard(plan.key)
                    circle |= self._one(plan, later, postponed, inside=True)
        except Exception as error:
            for plan in done:
                plan.reason = plan.reason or f"the database refused: {words_of(error)}"
        for plan in done:
            self._pools.forget(plan.key)
            self._finish(plan)

    def _promised(self, plan: Plan, foreign: Foreign) -> list[Key]:
        """The keys that the first rows of a table will have which is filled later. Raises Exhausted where nobody knows."""
        target = self._schema.plans[foreign.target]
        circle = f"{plan.name} and {target.name} refer to each other in a circle whose keys may not be NULL"
        if not foreign.deferrable and self._connection.dialect.name != "sqlite":
            raise Exhausted(f"{circle} nor wait until the end of a transaction")
        column = target.columns.get(foreign.targets[0].lower())
        if (
            len(foreign.columns) != 1
            or column is None
            or kind_of(column.type) not in ("integer", "bigint", "smallint")
        ):
            raise Exhausted(circle)
        with transaction(self._connection):
            greatest = self._connection.execute(
                self._catalog.library.select(self._catalog.library.func.max(column))
            ).scalar()
        first = int(greatest or 0) + 1
        return [(first + step,) for step in range(max(1, min(_PROMISED, target.wanted - target.before)))]

    def _fill_one(self, plan: Plan, later: Sequence[Foreign], promised: Sequence[Foreign]) -> None:
        with transaction(self._connection):
            columns = Columns(plan, self._catalog, self._connection)
        if columns.problem:
            raise Exhausted(columns.problem)
        choosers = {
            place: self._chooser(
                plan, foreign, self._promised(plan, foreign) if foreign in promised else None
            )
            for place, foreign in enumerate(plan.foreigns)
            if foreign not in later and foreign.target != plan.key
        }
        for place, chooser in choosers.items():
            if not len(chooser) and not plan.optional(plan.foreigns[place]):
                raise Exhausted(f"there is no row of {plan.foreigns[place].target[1]} to refer to")
        plan.wanted = self._shape.bounded(plan, {place: len(each) for place, each in choosers.items()})
        missing = plan.wanted - plan.before
        if missing <= 0:
            return
        chance = self._chance(plan.name)
        taken, there = self._taken(plan)
        rows = Rows(plan, columns, chance, self._now, plan.wanted, taken)
        rows.count_from(there)
        rows.choosers = choosers
        rows.postponed = {place for place, foreign in enumerate(plan.foreigns) if foreign in later}
        rows.bound = {
            place
            for place, chooser in choosers.items()
            if chooser.once and len(chooser) and not self._has_open(plan, plan.foreigns[place])
        }
        self._write(plan, rows, missing)

    def _chance(self, name: str) -> random.Random:
        return random.Random(f"{self._seed}:{name}")

    def _chooser(self, plan: Plan, foreign: Foreign, promised: list[Key] | None = None) -> Chooser:
        pool = self._pools.of(foreign, self._shape.only(plan, foreign)) if promised is None else promised
        used = self._used(plan, foreign) if self._shape.once(plan, foreign) else None
        return Chooser(foreign, pool, self._chance(f"{plan.name}:{'+'.join(foreign.columns)}"), used)

    def _has_open(self, plan: Plan, foreign: Foreign) -> bool:
        """Whether rows that are there refer to none: then the app knows how to live with it."""
        empty = [plan.columns[name].is_(None) for name in foreign.columns if plan.nullable(name)]
        if not plan.before or not empty:
            return False
        asked = self._catalog.library.select(plan.table).where(self._catalog.library.or_(*empty)).limit(1)
        with transaction(self._connection):
            return self._connection.execute(asked).first() is not None

    def _used(self, plan: Plan, foreign: Foreign) -> set[tuple[Any, ...]]:
        if not plan.before:
            return set()
        columns = [plan.columns[name] for name in foreign.columns]
        with transaction(self._connection):
            rows = self._connection.execute(self._catalog.library.select(*columns)).fetchall()
        return {tuple(row) for row in rows}

    def _taken(self, plan: Plan) -> tuple[dict[int, set[int]], list[Row]]:
        """What the rows that are there hold of columns that must be unique."""
        taken: dict[int, set[int]] = {}
        if not plan.before:
            return taken, []
        from .expressions import columns as spoken_of

        names = {name for unique in plan.uniques for name in unique.columns}
        names |= {name for unique in plan.uniques for name in spoken_of(unique.where) if name in plan.columns}
        ordered_names = sorted(names)
        if not ordered_names:
            return taken, []
        asked = self._catalog.library.select(*[plan.columns[name] for name in ordered_names])
        with transaction(self._connection):
            there = [named(ordered_names, row) for row in self._connection.execute(asked).fetchall()]
        for place, unique in enumerate(plan.uniques):
            keys = (unique_key(unique, row, self._now) for row in there)
            taken[place] = {key for key in keys if key is not None}
        return taken, there

    def _write(self, plan: Plan, rows: Rows, missing: int) -> None:
        to_itself = [
            place for place, foreign in enumerate(plan.foreigns)
            if foreign.target == plan.key and place not in rows.postponed
        ]  # fmt: skip
        size = max(1, min(_FIRST_LEVEL, missing // _FIRST_LEVEL)) if to_itself else BATCH
        self._writer.begin()
        written, read_at = 0, -1
        full: Exhausted | None = None
        while written < missing and full is None:
            if to_itself and plan.before + written > max(0, read_at) * 2:
                self._pools.forget(plan.key)
                for place in to_itself:
                    rows.choosers[place] = self._chooser(plan, plan.foreigns[place])
                read_at = plan.before + written
            batch: list[Row] = []
            try:
                while len(batch) < min(size, missing - written):
                    batch.append(rows.next())
            except Exhausted as error:
                full = error
            written += self._writer.insert(plan, batch)
            size = min(BATCH, size * 4)
            self._progress(plan.name, plan.before + written, plan.wanted)
        if full is not None:
            raise full
        if self._writer.refusal:
            plan.reason = f"the database refused some of the rows: {self._writer.refusal}"

    def _finish(self, plan: Plan) -> None:
        try:
            plan.after = self._writer.settle(plan)
        except Exception as error:
            plan.reason = plan.reason or f"the database refused: {error}"

    def _connect(self, plan: Plan, foreign: Foreign) -> None:
        """Fill in what a row refers to in a table that came after its own."""
        if plan.after <= plan.before:
            return
        try:
            chooser = self._chooser(plan, foreign)
            if not len(chooser):
                return
            chance = self._chance(f"{plan.name}:{'+'.join(foreign.columns)}:later")
            key = [column.name.lower() for column in plan.table.primary_key.columns]
            with transaction(self._connection):
                rows = self._open_rows(plan, foreign, key)
            changes: list[dict[str, Any]] = []
            for row in rows:
                chosen = chooser.choose({}, set()) if chance.random() < 0.7 else None
                if chosen is not None:
                    changes.append({**row, **named([f"new_{name}" for name in foreign.columns], chosen)})
            self._writer.begin()
            self._writer.update(plan, foreign, key, changes, BATCH)
            if self._writer.refusal:
                plan.reason = (
                    plan.reason or f"{', '.join(foreign.columns)} stayed NULL in some: {self._writer.refusal}"
                )
        except Exception as error:
            plan.reason = (
                plan.reason
                or f"{', '.join(foreign.columns)} stayed NULL: {' '.join(str(error).split())[:300]}"
            )

    def _open_rows(self, plan: Plan, foreign: Foreign, key: list[str]) -> list[dict[str, Any]]:
        columns = [plan.columns[name] for name in key]
        empty = [plan.columns[name].is_(None) for name in foreign.columns]
        asked = self._catalog.library.select(*columns).where(*empty).order_by(*columns)
        found = self._connection.execute(asked).fetchall()
        return [named([f"key_{name}" for name in key], row) for row in found]


def ordered(plans: Mapping[tuple[str, str], Plan]) -> Iterable[tuple[Plan, list[Foreign]]]:
    """The tables, those that are referred to first, each with the foreign keys that have to wait until all are filled.

    In a circle the table goes first that can do without most of what it refers to.
    """
    waiting = dict(sorted(plans.items()))
    while waiting:
        open_ = {
            key: [each for each in plan.foreigns if each.target in waiting and each.target != key]
            for key, plan in waiting.items()
        }
        key = min(
            waiting,
            key=lambda each: (
                bool(open_[each]),
                sum(_stuck(waiting[each], foreign) for foreign in open_[each]),
                sum(not waiting[each].optional(foreign) and not foreign.by_name for foreign in open_[each]),
                len(open_[each]),
                each,
            ),
        )
        yield waiting.pop(key), open_[key]


def _stuck(plan: Plan, foreign: Foreign) -> bool:
    return not (plan.optional(foreign) or foreign.by_name or foreign.deferrable)
