"""What a statement compares, joins and orders the rows of each table by."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import msgspec
from sqlglot import exp

from pitstop.indexes.catalogue import Catalogue, Column, Key, Table
from pitstop.indexes.parsing import DIALECTS, Parsed
from pitstop.indexes.patterns import beginning_of
from pitstop.values import Value


class Lookup(Value, frozen=True, kw_only=True):
    """How a statement finds rows of one table, under one of its aliases.

    `equal` is compared with values, `among` with lists of them or with NULL, `joined` with columns of other tables, `ranges` with bounds.
    `branches` are disjunctions, of which each part has such a term. `order` is what rows are sorted by, as long as only this
    table's columns are; `is_limited` says that only the first ones are wanted.
    """

    table: Table
    equal: tuple[Key, ...] = ()
    among: tuple[Key, ...] = ()
    joined: tuple[Key, ...] = ()
    ranges: tuple[Key, ...] = ()
    branches: tuple[tuple[Key, ...], ...] = ()
    order: tuple[Key, ...] = ()
    is_limited: bool = False


_Terms = dict[str, list[Key]]
_EXPRESSIONS: tuple[type[exp.Expression], ...] = (
    exp.Lower,
    exp.Upper,
    exp.Trim,
    exp.Date,
    exp.Length,
    exp.Cast,
)
"""What an index may hold beside columns, of those that sqlglot writes back as they were."""


def lookups(parsed: Parsed, catalogue: Catalogue) -> list[Lookup]:
    """One for each table and alias of each SELECT, UPDATE and DELETE in the statement, nested ones included."""
    found: list[Lookup] = []
    for block in parsed.tree.find_all(exp.Select, exp.Update, exp.Delete):
        found += _Block(block, parsed, catalogue).lookups()
    return found


class _Block:
    """One SELECT, UPDATE or DELETE with the tables that it reads itself."""

    def __init__(self, block: exp.Expression, parsed: Parsed, catalogue: Catalogue) -> None:
        self._block = block
        self._parsed = parsed
        self._catalogue = catalogue
        self._sources: dict[str, Table | None] = {}
        self._conditions: list[exp.Expression] = []
        for source in _sources(block):
            self._add(source)
        where = block.args.get("where")
        if where is not None:
            self._conditions.append(where.this)

    def _add(self, source: exp.Expression) -> None:
        if isinstance(source, exp.Join):
            if (on := source.args.get("on")) is not None:
                self._conditions.append(on)
            used = [column.name for column in source.args.get("using") or ()]
            before = list(self._sources)
            self._add(source.this)
            if used and before and len(self._sources) > len(before):
                right = list(self._sources)[-1]
                for name in used:
                    left = next((alias for alias in before if self._has(alias, name)), before[-1])
                    self._conditions.append(
                        exp.EQ(this=exp.column(name, table=left), expression=exp.column(name, table=right))
                    )
            return
        while isinstance(source, exp.Subquery) and isinstance(source.this, exp.Table):
            source = source.this  # joins in parentheses
        table = None
        if isinstance(source, exp.Table):
            table = self._parsed.table(source, self._catalogue)
        self._sources[source.alias_or_name.lower()] = table
        for join in source.args.get("joins") or ():
            self._add(join)

    def _has(self, alias: str, column: str) -> bool:
        table = self._sources[alias]
        return table is not None and table.column(column) is not None

    def lookups(self) -> Iterator[Lookup]:
        """One for each table, if anything is asked of it."""
        order, is_limited = self._order()
        for alias, table in self._sources.items():
            if table is None:
                continue
            terms: _Terms = {"equal": [], "among": [], "joined": [], "ranges": []}
            branches: list[tuple[Key, ...]] = []
            for condition in self._conditions:
                for part in _conjuncts(condition):
                    self._read(part, alias, terms, branches)
            keys = self._ordered(order, alias)
            if any(terms.values()) or branches or keys:
                yield Lookup(
                    table=table,
                    **{kind: tuple(dict.fromkeys(found)) for kind, found in terms.items()},
                    branches=tuple(branches),
                    order=keys,
                    is_limited=is_limited,
                )

    def _read(self, part: exp.Expression, alias: str, terms: _Terms, branches: list[tuple[Key, ...]]) -> None:
        if isinstance(part, exp.Or):
            self._disjunction(part, alias, terms, branches)
            return
        for kind, key in self._terms(part, alias):
            terms[kind].append(key)

    def _disjunction(self, part: exp.Or, alias: str, terms: _Terms, branches: list[tuple[Key, ...]]) -> None:
        """`a = 1 OR a = 2` is a list of values; `a = 1 OR b = 2` needs an index for each."""
        each: list[Key] = []
        for branch in _flat(part, exp.Or):
            found = next((key for one in _conjuncts(branch) for _, key in self._terms(one, alias)), None)
            if found is None:
                return
            each.append(found)
        if len(set(each)) == 1:
            terms["among"].append(each[0])
        else:
            branches.append(tuple(dict.fromkeys(each)))

    def _terms(self, part: exp.Expression, alias: str) -> Iterator[tuple[str, Key]]:
        """What one comparison asks of the table: the kind of the term, and the key that an index would need."""
        if isinstance(part, exp.Escape):
            part = part.this
        if part.args.get("negate"):
            return
        if isinstance(part, exp.EQ | exp.NullSafeEQ):
            for one, other in ((part.this, part.expression), (part.expression, part.this)):
                key = self._key(one, alias)
                if key is None or self._mentions(other, alias):
                    continue
                if isinstance(other, exp.Collate):
                    key = self._collated(key, one, alias, other.expression.name)
                if isinstance(other, exp.Any):
                    yield "among", key
                elif other.find(exp.Column) is not None:
                    yield "joined", key
                else:
                    yield "equal", key
        elif isinstance(part, exp.Is):
            if (key := self._key(part.this, alias)) is not None:
                # What is NULL is mostly most rows: those not deleted, not cancelled.
                yield "among", key
        elif isinstance(part, exp.In):
            key = self._key(part.this, alias)
            if key is not None and not any(
                self._mentions(value, alias) for value in part.iter_expressions() if value is not part.this
            ):
                yield "among", key
        elif isinstance(part, exp.Between):
            if (key := self._key(part.this, alias)) is not None:
                yield "ranges", key
        elif isinstance(part, exp.GT | exp.GTE | exp.LT | exp.LTE):
            for one, other in ((part.this, part.expression), (part.expression, part.this)):
                first = one.expressions[0] if isinstance(one, exp.Tuple) and one.expressions else one
                key = self._key(first, alias)
                if key is not None and not self._mentions(other, alias):
                    yield "ranges", key
        elif isinstance(part, exp.Like | exp.Glob):
            if (key := self._beginning(part, alias)) is not None:
                yield "ranges", key
        elif self._catalogue.system == "postgresql":
            bare = part.this if isinstance(part, exp.Not) else part
            key = self._key(bare, alias) if isinstance(bare, exp.Column) else None
            if key is not None:
                yield "equal", key

    def _beginning(self, part: exp.Like | exp.Glob, alias: str) -> Key | None:
        """The key for texts that begin with something: it needs an order that `LIKE` itself would agree with."""
        key = self._key(part.this, alias)
        if key is None or not beginning_of(part, self._parsed.values):
            return None
        if self._catalogue.system == "sqlite":
            # SQLite's LIKE knows no case, its GLOB does
            return self._collated(key, part.this, alias, "BINARY" if isinstance(part, exp.Glob) else "NOCASE")
        column = self._column_in(part.this, alias)
        is_bytewise = column is not None and column.is_bytewise
        return key if is_bytewise else msgspec.structs.replace(key, opclass="text_pattern_ops")

    def _column_in(self, node: exp.Expression, alias: str) -> Column | None:
        """The one column that an expression of `alias` is made of."""
        table, column = self._sources[alias], node.find(exp.Column)
        return table.column(column.name) if table is not None and column is not None else None

    def _collated(self, key: Key, node: exp.Expression, alias: str, collation: str) -> Key:
        """The key in a collation, which is not named where it is the column's own."""
        column = self._column_in(node, alias)
        own = key.column and column is not None and column.collation.lower() == collation.lower()
        return msgspec.structs.replace(key, collation="" if own else collation)

    def _key(self, node: exp.Expression, alias: str) -> Key | None:
        """The key of an index for `node`, if that is a column of `alias` or made of one only."""
        while isinstance(node, exp.Paren):
            node = node.this
        nulls_first = self._catalogue.nulls_first(descending=False)
        if isinstance(node, exp.Column):
            table = self._sources[alias]
            column = table.column(node.name) if table is not None and self._owner(node) == alias else None
            return Key(column=column.name, nulls_first=nulls_first) if column is not None else None
        if isinstance(node, exp.Collate):
            key = self._key(node.this, alias)
            return self._collated(key, node.this, alias, node.expression.name) if key is not None else None
        if not isinstance(node, _EXPRESSIONS) or (isinstance(node, exp.Cast) and not _is_date(node)):
            return None
        columns = list(node.find_all(exp.Column))
        if len(columns) != 1 or self._key(columns[0], alias) is None or not _is_made_of_columns(node):
            return None
        own = node.copy()
        for each in own.find_all(exp.Column):
            each.set("table", None)
        if isinstance(own, exp.Cast):
            return Key(
                expression=f"{own.this.sql(DIALECTS[self._catalogue.system])}::date", nulls_first=nulls_first
            )
        text = own.sql(DIALECTS[self._catalogue.system], normalize_functions="lower")
        return Key(expression=text, nulls_first=nulls_first)

    def _owner(self, column: exp.Column) -> str:
        """The alias that a column belongs to; empty for one of a statement around this one, or where it is not clear."""
        if column.table:
            return column.table.lower() if column.table.lower() in self._sources else ""
        having = [alias for alias in self._sources if self._has(alias, column.name)]
        if len(having) == 1 and not any(table is None for table in self._sources.values()):
            return having[0]
        return having[0] if len(self._sources) == 1 and having else ""

    def _mentions(self, node: exp.Expression, alias: str) -> bool:
        """Whether a value depends on a column of `alias`, also from within nested statements."""
        return any(
            (column.table.lower() == alias or (not column.table and self._has(alias, column.name)))
            and not self._is_inner(column, node)
            for column in node.find_all(exp.Column)
        )

    def _is_inner(self, column: exp.Column, within: exp.Expression) -> bool:
        """Whether a SELECT inside of `within` has a table of its own that the column belongs to."""
        select = column.find_ancestor(exp.Select)
        while select is not None and select is not self._block and within.find(exp.Select) is not None:
            if _Block(select, self._parsed, self._catalogue).has(column):
                return True
            select = select.find_ancestor(exp.Select)
        return False

    def has(self, column: exp.Column) -> bool:
        """Whether a table of this block has the column."""
        if column.table:
            return column.table.lower() in self._sources
        return any(self._has(alias, column.name) for alias in self._sources)

    def _order(self) -> tuple[list[exp.Ordered], bool]:
        """What the block sorts by, and whether only the first rows are wanted, as by LIMIT, `min` and `max`."""
        block = self._block
        projections: Sequence[exp.Expression] = block.expressions if isinstance(block, exp.Select) else ()
        if len(projections) == 1 and block.args.get("group") is None:
            only = projections[0].unalias()
            if isinstance(only, exp.Min | exp.Max):
                return [exp.Ordered(this=only.this, nulls_first=self._catalogue.nulls_first(False))], True
        order = block.args.get("order")
        if order is None or block.args.get("group") is not None or block.args.get("distinct") is not None:
            return [], False
        named = {each.alias.lower(): each.unalias() for each in projections if each.alias}
        found: list[exp.Ordered] = []
        for ordered in order.expressions:
            node = ordered.this
            if isinstance(node, exp.Literal) and node.is_int and int(node.name) <= len(projections):
                node = projections[int(node.name) - 1].unalias()
            elif isinstance(node, exp.Column) and not node.table:
                node = named.get(node.name.lower(), node)
            resolved = ordered.copy()
            resolved.set("this", node.copy())
            found.append(resolved)
        return found, block.args.get("limit") is not None or block.args.get("fetch") is not None

    def _ordered(self, order: list[exp.Ordered], alias: str) -> tuple[Key, ...]:
        """The order as keys of an index, as far as it is by this table; in SQLite no index moves NULLs."""
        keys: list[Key] = []
        for ordered in order:
            key = self._key(ordered.this, alias)
            descending, nulls_first = bool(ordered.args.get("desc")), bool(ordered.args.get("nulls_first"))
            if key is None or (
                self._catalogue.system == "sqlite" and nulls_first != self._catalogue.nulls_first(descending)
            ):
                break
            keys.append(msgspec.structs.replace(key, descending=descending, nulls_first=nulls_first))
        return _upright(tuple(keys), self._catalogue)


def _sources(block: exp.Expression) -> Iterator[exp.Expression]:
    if isinstance(block, exp.Update | exp.Delete):
        yield block.this
        yield from block.args.get("using") or ()
    # sqlglot named these arguments without the underscore until version 28
    source = block.args.get("from_") or block.args.get("from")
    if source is not None:
        yield source.this
    yield from block.args.get("joins") or ()


def _conjuncts(node: exp.Expression) -> Iterator[exp.Expression]:
    yield from _flat(node, exp.And)


def _flat(node: exp.Expression, kind: type[exp.Connector]) -> Iterator[exp.Expression]:
    while isinstance(node, exp.Paren):
        node = node.this
    if isinstance(node, kind):
        yield from _flat(node.this, kind)
        yield from _flat(node.expression, kind)
    else:
        yield node


def _is_date(node: exp.Cast) -> bool:
    return node.to.is_type("date") and isinstance(node.this, exp.Column)


def _is_made_of_columns(node: exp.Expression) -> bool:
    """Whether nothing but the column decides: no value of a parameter, no literal that may be one's secret."""
    return not any(isinstance(each, exp.Placeholder | exp.Parameter | exp.Literal) for each in node.walk())


def _upright(keys: tuple[Key, ...], catalogue: Catalogue) -> tuple[Key, ...]:
    """The order, read from its end where that makes it the plain one: an index is scanned both ways."""
    turned = tuple(key.reversed() for key in keys)
    plain = all(not key.descending and key.nulls_first == catalogue.nulls_first(False) for key in turned)
    return turned if plain else keys


def is_within_text(parsed: Parsed) -> bool:
    """Whether the statement looks for a text anywhere within a column's, or without regard to case."""
    if parsed.tree.find(exp.ILike) is not None:
        return True
    return any(not beginning_of(each, parsed.values) for each in parsed.tree.find_all(exp.Like))
