"""Indexes worth a try for a statement: from what it compares, joins and sorts by, without those that are there."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence

from pitstop.indexes.catalogue import (
    WORTH_AN_INDEX,
    Catalogue,
    Index,
    Key,
    Table,
    qualified,
    quoted,
    serves,
    shown,
)
from pitstop.indexes.predicates import Lookup
from pitstop.values import Value

MOST_FOR_A_STATEMENT = 6
MOST_COLUMNS = 3
_LONGEST_NAME = 63


class Candidate(Value, frozen=True, kw_only=True):
    """An index to be tried. Of its keys the first `equal` are compared for equality, so their order is free."""

    table: Table
    keys: tuple[Key, ...]
    equal: int = 0

    @property
    def identity(self) -> tuple[str, tuple[Key, ...]]:
        """What tells it from others."""
        return self.table.name.lower(), self.keys


Proposal = tuple[Candidate, ...]
"""Candidates that help only together: one for each part of a disjunction; nearly always there is just one."""


class Popularity:
    """How often the statements compare each column for equality: shared columns come first, so that one index serves many."""

    def __init__(self, found: Iterable[Lookup]) -> None:
        self._counts = Counter(
            (lookup.table.name, key.what) for lookup in found for key in (*lookup.equal, *lookup.joined)
        )

    def sorted(self, table: Table, keys: Sequence[Key]) -> list[Key]:
        """The keys, the most shared first, then those with the most values."""

        def rank(key: Key) -> tuple[int, float]:
            return -self._counts[table.name, key.what], -_distinct(table, key)

        return sorted(keys, key=rank)


def propose(found: Sequence[Lookup], popularity: Popularity) -> list[Proposal]:
    """At most six proposals for the tables of one statement, the most promising first, none of them there already."""
    queues = [list(_of(lookup, popularity)) for lookup in found if _is_worth_it(lookup)]
    proposals: dict[tuple[tuple[str, tuple[Key, ...]], ...], Proposal] = {}
    while any(queues) and len(proposals) < MOST_FOR_A_STATEMENT:
        for queue in queues:
            if queue and len(proposals) < MOST_FOR_A_STATEMENT:
                proposal = queue.pop(0)
                proposals.setdefault(tuple(candidate.identity for candidate in proposal), proposal)
    return list(proposals.values())


def exists(candidate: Candidate) -> bool:
    """Whether an index of the table begins with the candidate's keys."""
    return any(serves(index, candidate.keys, equal=candidate.equal) for index in candidate.table.indexes)


def _is_worth_it(lookup: Lookup) -> bool:
    known = frozenset(key.column.lower() for key in lookup.equal if key.column)
    return lookup.table.rows >= WORTH_AN_INDEX and not lookup.table.is_row(known)


def _of(lookup: Lookup, popularity: Popularity) -> Iterator[Proposal]:
    table = lookup.table
    for keys, equal in _combinations(lookup, popularity):
        kept = _without_row_id(table, keys)[:MOST_COLUMNS]
        candidate = Candidate(table=table, keys=kept, equal=min(equal, len(kept)))
        if not exists(candidate):
            yield (candidate,)
        elif _terms(lookup) <= {key.what for key in kept}:
            return  # an index that is there does all that one could do
    for branches in lookup.branches:
        each = [Candidate(table=table, keys=(key,), equal=1) for key in branches]
        missing = tuple(candidate for candidate in each if not exists(candidate))
        if missing:
            yield missing[:MOST_COLUMNS]


def _terms(lookup: Lookup) -> set[tuple[str, str, str, str]]:
    """All that the rows are found by."""
    return {key.what for key in (*lookup.equal, *lookup.among, *lookup.joined, *lookup.ranges)}


def _combinations(lookup: Lookup, popularity: Popularity) -> Iterator[tuple[tuple[Key, ...], int]]:
    """Keys, and how many of the first are compared for equality; the most promising combinations first."""
    equal = popularity.sorted(lookup.table, lookup.equal)
    joined = popularity.sorted(lookup.table, lookup.joined)
    among = popularity.sorted(lookup.table, lookup.among)
    narrow = [*equal, *among]
    compared = {key.what for key in equal}
    order = tuple(key for key in lookup.order if key.what not in compared)
    if order and lookup.is_limited:
        if equal:
            yield (
                (*_most_telling(lookup.table, equal, MOST_COLUMNS - 1), *order),
                min(len(equal), MOST_COLUMNS - 1),
            )
        if joined:
            yield (joined[0], *order), 1
        if not equal:
            yield order, 0
    for bound in lookup.ranges[:2]:
        if narrow:
            first = _most_telling(lookup.table, narrow, MOST_COLUMNS - 1)
            yield (*first, bound), len(first)
    if narrow:
        first = _most_telling(lookup.table, narrow, MOST_COLUMNS)
        yield tuple(first), len(first)
    for key in joined:
        yield (key,), 1
        if narrow:
            first = _most_telling(lookup.table, narrow, MOST_COLUMNS - 1)
            yield (key, *first), 1 + len(first)
        if lookup.ranges:
            yield (key, lookup.ranges[0]), 1
    if len(narrow) > 1:
        for key in sorted(narrow, key=lambda key: -_distinct(lookup.table, key))[:2]:
            yield (key,), 1
    for bound in lookup.ranges:
        yield (bound,), 0


def _most_telling(table: Table, keys: Sequence[Key], most: int) -> list[Key]:
    """At most so many of the keys, those with the most values, in the order they came in."""
    kept = sorted(keys, key=lambda key: -_distinct(table, key))[:most]
    return [key for key in keys if key in kept]


def _distinct(table: Table, key: Key) -> float:
    column = table.column(key.column) if key.column else None
    if column is None:
        return float(table.rows)
    return column.distinct if column.distinct is not None else table.rows**0.5


def _without_row_id(table: Table, keys: tuple[Key, ...]) -> tuple[Key, ...]:
    """SQLite's indexes end with the row's number anyway, in ascending order."""
    if not table.row_id or len(keys) < 2 or keys[-1].column.lower() != table.row_id.lower():
        return keys
    return keys[:-1] if not any(key.descending for key in keys) else keys


def ddl(candidate: Candidate, catalogue: Catalogue, taken: Iterable[str] = ()) -> tuple[str, str]:
    """A name that no index has, and the statement that makes the index."""
    bare = candidate.table.name.rpartition(".")[2]
    words = [key.column or key.expression for key in candidate.keys]
    base = "_".join(["ix", bare, *("_".join(filter(None, _words(word))) for word in words)])[
        : _LONGEST_NAME - 3
    ]
    known = {name.lower() for name in (*catalogue.index_names, *taken)} | set(catalogue.tables)
    name = next(n for n in (base, *(f"{base}_{k}" for k in range(2, 10_000))) if n.lower() not in known)
    columns = ", ".join(shown(key, catalogue) for key in candidate.keys)
    return name, f"CREATE INDEX {quoted(name)} ON {qualified(candidate.table.name)} ({columns})"


def as_index(candidate: Candidate, name: str) -> Index:
    """The index as it will be in the catalogue."""
    return Index(name=name, table=candidate.table.name, keys=candidate.keys)


def _words(text: str) -> list[str]:
    return "".join(sign if sign.isalnum() else " " for sign in text.lower()).split()
