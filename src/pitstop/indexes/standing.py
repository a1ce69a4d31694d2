"""Indexes that are there for nothing: those that no statement uses, and those that another one makes needless."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

from pitstop.indexes.catalogue import Catalogue, Index, Table, replaces, shown
from pitstop.indexes.engines import Engine, Refused
from pitstop.trials import DuplicateIndex, UnusedIndex


def duplicates(catalogue: Catalogue, engine: Engine) -> tuple[DuplicateIndex, ...]:
    """Indexes that can go because another one, which stays, does all that they do. Of two alike, the later one by its name."""
    found: list[DuplicateIndex] = []
    for table in catalogue:
        better = {index.name: _better(index, table) for index in table.indexes}
        for index in table.indexes:
            staying = [other for other in better[index.name] if not better[other.name]]
            if staying:
                best = min(staying, key=lambda other: (not other.primary, len(other.keys), other.name))
                found.append(
                    DuplicateIndex(
                        name=index.name,
                        table=table.name,
                        columns=columns(index, catalogue),
                        size_bytes=_size(engine, index, table),
                        of=best.name,
                    )
                )
    return tuple(found)


def _better(index: Index, table: Table) -> list[Index]:
    others = [other for other in table.indexes if replaces(other, index)]
    return [other for other in others if not replaces(index, other) or other.name < index.name]


def unused(
    catalogue: Catalogue,
    engine: Engine,
    used: Iterable[str],
    readers: Mapping[str, int],
    unread: Iterable[str],
    needless: Iterable[DuplicateIndex],
) -> tuple[UnusedIndex, ...]:
    """Indexes that are not among `used` and that neither uniqueness nor the deletion of parents needs.

    `readers` says how many statements name each table. `unread` are texts of statements without a known plan: what they may
    name is left alone. `needless` ones are told elsewhere.
    """
    known = {name.lower() for name in used}
    # what stands in for one that is used will be used when that one has gone
    known |= {index.of.lower() for index in needless if index.name.lower() in known}
    known |= {index.name.lower() for index in needless}
    words = {word.lower() for text in unread for word in re.findall(r"\w+", text)}
    found: list[UnusedIndex] = []
    for table in catalogue:
        if table.name.rpartition(".")[2].lower() in words:
            continue
        for index in table.indexes:
            if (
                index.unique
                or index.constrained
                or index.name.lower() in known
                or _is_for_deletions(index, table)
            ):
                continue
            found.append(
                UnusedIndex(
                    name=index.name,
                    table=table.name,
                    columns=columns(index, catalogue),
                    size_bytes=_size(engine, index, table),
                    statements=readers.get(table.name.lower(), 0),
                )
            )
    return tuple(found)


def columns(index: Index, catalogue: Catalogue) -> tuple[str, ...]:
    """The keys of an index as `CREATE INDEX` takes them."""
    return tuple(shown(key, catalogue) for key in index.keys)


def _is_for_deletions(index: Index, table: Table) -> bool:
    """Whether it is the only one that finds the rows that refer to a parent, which whoever deletes the parent needs."""
    return any(
        _begins_with(index, key.columns)
        and not any(_begins_with(other, key.columns) for other in table.indexes if other.name != index.name)
        for key in table.foreign_keys
    )


def _begins_with(index: Index, names: tuple[str, ...]) -> bool:
    first = {key.column.lower() for key in index.keys[: len(names)]}
    return not index.predicate and first == {name.lower() for name in names}


def _size(engine: Engine, index: Index, table: Table) -> int:
    try:
        return engine.size(index.name, table)
    except Refused:
        return 0
