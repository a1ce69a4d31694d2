"""A statement as a tree, its placeholders named so that every dialect reads them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import sqlglot
from sqlglot import exp
from sqlglot.errors import SqlglotError

from pitstop.indexes.asked import Asked
from pitstop.indexes.catalogue import Catalogue, System, Table
from pitstop.indexes.placeholders import Bound, UnboundError, bind, called
from pitstop.traces.fingerprint import fingerprint

DIALECTS: Mapping[System, str] = {"postgresql": "postgres", "sqlite": "sqlite"}
"""What sqlglot calls the languages of the databases."""
_MARK = "pitstop_"
_CHANGING = (exp.Update, exp.Delete, exp.Insert, exp.Merge)


class UnreadableError(Exception):
    """A statement that no index is sought for. The message says why, without anything of its text."""


class Parsed:
    """One statement that was asked: what it is, and what it reads."""

    def __init__(self, asked: Asked, catalogue: Catalogue) -> None:
        """Raises UnreadableError for what is not one SELECT, UPDATE or DELETE, or does not fit its values."""
        self.asked = asked
        self._catalogue = catalogue
        self.shape = fingerprint(asked.sql, DIALECTS[catalogue.system])
        self.bound: Bound = bind(asked.sql, asked.paramstyle)
        try:
            given = [self.bound.values(parameters) for parameters in asked.executions]
        except UnboundError as error:
            raise UnreadableError("its values do not fit its placeholders") from error
        self.executions: tuple[tuple[Any, ...], ...] = tuple(given)
        self.values: Mapping[str, Any] = {f"{_MARK}{n}": value for n, value in enumerate(given[0], 1)}
        self.tree = _tree(self.bound.text(lambda n: f":{_MARK}{n}"), DIALECTS[catalogue.system])
        self.functions = called(asked.sql)
        self._derived = {cte.alias_or_name.lower() for cte in self.tree.find_all(exp.CTE)}
        self.tables: dict[str, Table] = {}
        for source in self.tree.find_all(exp.Table):
            if source.db or source.name.lower() not in self._derived:
                table = self.table(source, catalogue)
                if table is None:
                    raise UnreadableError(
                        "it reads what is no plain table: a view, a function or one that is not there"
                    )
                self.tables[table.name.lower()] = table

    @property
    def changes(self) -> bool:
        """Whether it does more than read, or locks what it reads."""
        return self.tree.find(*_CHANGING, exp.Lock) is not None

    @property
    def changed(self) -> tuple[Table, ...]:
        """The tables that it writes to."""
        named = (node.find(exp.Table) for node in self.tree.find_all(*_CHANGING))
        found = (self.table(table, self._catalogue) for table in named if table is not None)
        return tuple(table for table in found if table is not None)

    @property
    def reached(self) -> tuple[Table, ...]:
        """The tables that it writes to, and those whose rows refer to them and may have to go or change along."""
        found = list(self.changed)
        for parent in found:  # which grows meanwhile
            found += [
                table
                for table in self._catalogue
                if table not in found
                and any(key.parent.lower() == parent.name.lower() for key in table.foreign_keys)
            ]
        return tuple(found)

    def table(self, source: exp.Table, catalogue: Catalogue) -> Table | None:
        """The plain table that a name stands for; None for a common table expression and all else."""
        if not isinstance(source.this, exp.Identifier) or source.catalog:
            return None
        if not source.db and source.name.lower() in self._derived:
            return None
        return catalogue.table(source.name, source.db)


def _tree(text: str, dialect: str) -> exp.Query | exp.Update | exp.Delete:
    try:
        trees = [tree for tree in sqlglot.parse(text, dialect=dialect) if tree is not None]
    except (SqlglotError, RecursionError) as error:
        raise UnreadableError("it cannot be parsed") from error
    if len(trees) != 1:
        raise UnreadableError("it is not one statement")
    (tree,) = trees
    if not isinstance(tree, exp.Query | exp.Update | exp.Delete):
        raise UnreadableError("it is neither SELECT nor UPDATE nor DELETE")
    if tree.find(exp.Into) is not None or isinstance(tree, exp.Insert):
        raise UnreadableError("it makes a table")
    return tree
