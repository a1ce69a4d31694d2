"""How many rows each table is to have, by its place among the others."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from . import words
from .catalog import Catalog
from .schema import Foreign, Plan, Schema

SMALL = 50
"""How many rows a look-up table gets; one that has fewer than twice as many already stays as it is."""
_TIMES = words.several("at on date time timestamp created updated modified")
_NAMES = words.several("name code slug key title label symbol abbreviation abbr iso value type kind")
_FEW_COLUMNS = 6


class Shape:
    """Sizes for a given number of rows: tables of events and links grow to it, what they belong to has a tenth of that,
    and look-up tables stay small."""

    def __init__(self, schema: Schema, catalog: Catalog, rows: int, grow: Mapping[str, int]) -> None:
        self._rows = rows
        self._grow = grow
        self._catalog = catalog
        self._referred = {
            foreign.target
            for plan in schema.plans.values()
            for foreign in plan.foreigns
            if foreign.target != plan.key
        }
        self._paired = {
            foreign.target
            for plan in schema.plans.values()
            for foreign in plan.foreigns
            if foreign.target != plan.key and plan.optional(foreign) and self.once(plan, foreign)
        }
        """Tables of whose rows others may have one each, or none: with a tenth of the rows most would have none."""

    def wanted(self, plan: Plan) -> int:
        """How many rows the table is to have, those that it has included."""
        for name in (plan.name, plan.table.name):
            if name in self._grow:
                return max(plan.before, self._grow[name])
        refers = any(foreign.target != plan.key for foreign in plan.foreigns)
        if plan.key in self._referred and not refers and plan.key not in self._paired:
            if self._is_look_up(plan):
                return (
                    plan.before if 0 < plan.before < 2 * SMALL else max(plan.before, min(SMALL, self._rows))
                )
            return max(plan.before, min(self._rows, max(100, self._rows // 10)))
        return max(plan.before, self._rows)

    def _is_look_up(self, plan: Plan) -> bool:
        if len(plan.columns) > _FEW_COLUMNS:
            return False
        if any(_TIMES & set(words.parts(name)) for name in plan.columns):
            return False
        alone = [unique.columns[0] for unique in plan.uniques if len(unique.columns) == 1]
        named = any(name in _NAMES or words.parts(name)[-1:] == ["code"] for name in alone)
        return named or 0 < plan.before < 2 * SMALL

    def once(self, plan: Plan, foreign: Foreign) -> bool:
        """Whether no two rows may refer to the same one."""
        return any(set(each.columns) <= set(foreign.columns) and each.where is None for each in plan.uniques)

    def bounded(self, plan: Plan, pools: Mapping[int, int]) -> int:
        """`plan.wanted` as far as there are enough rows to refer to; `pools` has how many there are for a foreign key.

        A table of pairs holds at most half of those there could be.
        """
        wanted = plan.wanted
        for place, size in pools.items():
            foreign = plan.foreigns[place]
            if self.once(plan, foreign) and not plan.optional(foreign):
                wanted = min(wanted, plan.before + size)
        for unique in plan.uniques:
            if unique.where is not None:
                continue
            parts = [
                place for place, foreign in enumerate(plan.foreigns)
                if place in pools and set(foreign.columns) & set(unique.columns)
            ]  # fmt: skip
            covered = {name for place in parts for name in plan.foreigns[place].columns}
            if len(parts) > 1 and set(unique.columns) <= covered:
                pairs = 1
                for place in parts:
                    pairs *= pools[place]
                wanted = min(wanted, max(1, pairs // 2) if pairs else 0)
        return max(plan.before, wanted)

    def only(self, plan: Plan, foreign: Foreign) -> tuple[str, Sequence[Any]]:
        """Of a table that adds columns to another's class: the column and the values that tell its rows there."""
        key = {column.name.lower() for column in plan.table.primary_key.columns}
        if set(foreign.columns) != key:
            return "", ()
        for (table, column), identities in self._catalog.discriminators.items():
            own = [identity for identity, name in identities if name == plan.name]
            if own and table != plan.name and foreign.target[1] == table.rpartition(".")[2]:
                return column, own
        return "", ()
