"""The rows that foreign keys may refer to, and which of them a row chooses."""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from typing import Any

from .schema import Foreign, Plan

Key = tuple[Any, ...]

_MOST_KEYS = 1_000_000
"""How many rows of a table others choose among: a copy may hold far more than are to be made."""


def transaction(connection: Any) -> Any:
    """A transaction, or a part of the one that is under way, as a context."""
    return connection.begin_nested() if connection.in_transaction() else connection.begin()


class Exhausted(Exception):  # noqa: N818  # no error of anyone's: a table that can hold no more
    """No further row can be made; the message says why."""


class Pools:
    """The keys of tables that others refer to, read when first asked for and kept until the table grows."""

    def __init__(self, library: Any, connection: Any, plans: Mapping[tuple[str, str], Plan]) -> None:
        self._library = library
        self._connection = connection
        self._plans = plans
        self._kept: dict[tuple[Any, ...], list[Key]] = {}

    def of(self, foreign: Foreign, only: tuple[str, Sequence[Any]] = ("", ())) -> list[Key]:
        """The keys a foreign key may have, in their own order; `only` those whose column holds one of some values."""
        name = (foreign.target, foreign.targets, only[0], repr(only[1]))
        if name not in self._kept:
            with transaction(self._connection):
                self._kept[name] = self._read(foreign, only)
        return self._kept[name]

    def forget(self, key: tuple[str, str]) -> None:
        """The table has changed, or nobody refers to it any more."""
        for name in [name for name in self._kept if name[0] == key]:
            del self._kept[name]

    def _read(self, foreign: Foreign, only: tuple[str, Sequence[Any]]) -> list[Key]:
        library, plan = self._library, self._plans.get(foreign.target)
        if plan is not None and all(name.lower() in plan.columns for name in foreign.targets):
            columns = [plan.columns[name.lower()] for name in foreign.targets]
        else:
            schema, name = foreign.target
            table = library.table(name, *map(library.column, foreign.targets), schema=schema or None)
            columns = [table.c[target] for target in foreign.targets]
        asked = library.select(*columns).order_by(*columns).limit(_MOST_KEYS)
        if plan is not None and only[0]:
            asked = asked.where(plan.columns[only[0].lower()].in_(list(only[1])))
        rows = self._connection.execute(asked).fetchall()
        return [tuple(row) for row in rows if None not in tuple(row)]


class Chooser:
    """Chooses what a foreign key refers to: a few parents have many children, most have a few.

    The first of the parents have the most, so that rows which were there before, and which requests know, get many.
    """

    def __init__(
        self, foreign: Foreign, pool: list[Key], chance: random.Random, used: set[Key] | None
    ) -> None:
        """`used` are the keys that are taken, where each may be referred to but once."""
        self.foreign = foreign
        self._pool = pool
        self._chance = chance
        self._once: list[Key] | None = None
        if used is not None:
            self._once = [key for key in pool if key not in used]
            chance.shuffle(self._once)
        self._by_part: dict[tuple[int, ...], dict[Key, list[Key]]] = {}

    @property
    def once(self) -> bool:
        """Whether each key is chosen but once."""
        return self._once is not None

    def __len__(self) -> int:
        return len(self._pool if self._once is None else self._once)

    def choose(self, row: Mapping[str, Any], settled: set[str]) -> Key | None:
        """A key that agrees with the columns that are settled; None where there is none."""
        columns = self.foreign.columns
        places = tuple(place for place, name in enumerate(columns) if name in settled)
        if not places:
            return self._any()
        if len(places) == len(columns) and len(columns) == 1:
            return (row[columns[0]],)
        parted = self._by_part.get(places)
        if parted is None:
            parted = self._by_part[places] = {}
            for key in self._pool:
                parted.setdefault(tuple(key[place] for place in places), []).append(key)
        fitting = parted.get(tuple(row[columns[place]] for place in places))
        return self._chance.choice(fitting) if fitting else None

    def _any(self) -> Key | None:
        if self._once is not None:
            return self._once.pop() if self._once else None
        size = len(self._pool)
        if not size:
            return None
        if self._chance.random() < 0.5:
            return self._pool[self._chance.randrange(size)]
        return self._pool[min(size - 1, int(size ** self._chance.random()) - 1)]
