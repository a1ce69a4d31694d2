"""What each table asks of its rows: by the app's metadata and by the database, which may know more by its migrations."""

from __future__ import annotations

import warnings
from collections.abc import Iterable
from typing import Any

from .catalog import Catalog
from .expressions import Node, UnreadableError, columns, read
from .types import kind_of


class Foreign:
    """A foreign key. Names are lower case; `target` is the key of a table in `Schema.plans`, or of one outside of it."""

    __slots__ = ("by_name", "columns", "deferrable", "target", "targets")

    def __init__(
        self, own: Iterable[str], target: tuple[str, str], targets: Iterable[str], deferrable: bool
    ) -> None:
        self.columns = tuple(name.lower() for name in own)
        self.target = target
        self.targets = tuple(targets)
        self.deferrable = deferrable
        self.by_name = False
        """No constraint says so: a column is named like a table's key, as in `user_id`."""


class Unique:
    """Columns of which no two rows may have the same values; of a partial index only rows that meet `where` count."""

    __slots__ = ("columns", "where")

    def __init__(self, own: Iterable[str], where: Node | None = None) -> None:
        self.columns = tuple(dict.fromkeys(name.lower() for name in own))
        self.where = where


class Check:
    """A CHECK as it is written, and its tree where it can be read."""

    __slots__ = ("node", "text")

    def __init__(self, text: str) -> None:
        self.text = " ".join(text.split())
        try:
            self.node: Node | None = read(text)
        except UnreadableError:
            self.node = None


class Plan:
    """One table to be filled."""

    def __init__(self, table: Any, key: tuple[str, str]) -> None:
        self.table = table
        self.key = key
        self.name: str = table.fullname
        self.columns: dict[str, Any] = {}
        """The columns that the metadata and the database both have, by lower-case name."""
        self.reflected: dict[str, Any] = {}
        """What the database says of each column."""
        self.foreigns: list[Foreign] = []
        self.uniques: list[Unique] = []
        self.checks: list[Check] = []
        self.before = 0
        self.after = 0
        self.wanted = 0
        self.reason = ""

    def nullable(self, name: str) -> bool:
        """Whether metadata and database both allow NULL."""
        return bool(self.columns[name].nullable and self.reflected[name].get("nullable", True))

    def optional(self, foreign: Foreign) -> bool:
        """Whether a row can do without what a foreign key refers to."""
        return any(self.nullable(name) for name in foreign.columns)


class Schema:
    """The tables of the app that the database has. Read within a transaction."""

    def __init__(self, catalog: Catalog, connection: Any) -> None:
        self._library = catalog.library
        self._connection = connection
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            self._inspector = catalog.library.inspect(connection)
            self.default = self._inspector.default_schema_name or ""
            views = {(schema, name) for schema in (None,) for name in self._inspector.get_view_names(schema)}
            self.plans: dict[tuple[str, str], Plan] = {}
            self.missing: list[str] = []
            for table in catalog.tables(self._has):
                if (table.schema, table.name) in views:
                    continue
                if not self._has(table):
                    self.missing.append(table.fullname)
                    continue
                key = self.key(table.schema, table.name)
                self.plans[key] = self._read(table, key)
        for plan in self.plans.values():
            plan.foreigns += self._by_name(plan)

    def _by_name(self, plan: Plan) -> list[Foreign]:
        """What columns refer to by their names alone, where a schema declares no constraints."""
        referring = {name for foreign in plan.foreigns for name in foreign.columns}
        primary = {column.name.lower() for column in plan.table.primary_key.columns}
        keys = primary if len(primary) == 1 else set()
        found: list[Foreign] = []
        for name, column in plan.columns.items():
            stem = name[: -len("_id")]
            if not name.endswith("_id") or name in referring | keys or not stem:
                continue
            for table in (stem, f"{stem}s", f"{stem}es", f"{stem[:-1]}ies"):
                other = self.plans.get((plan.key[0], table))
                if other is None or other is plan or len(other.table.primary_key.columns) != 1:
                    continue
                (target,) = other.table.primary_key.columns
                if (
                    kind_of(target.type) == kind_of(column.type) != ""
                    and target.name.lower() in other.columns
                ):
                    foreign = Foreign([name], other.key, [target.name], False)
                    foreign.by_name = True
                    found.append(foreign)
                    break
        return found

    def key(self, schema: str | None, name: str) -> tuple[str, str]:
        """One name for a table, whether its schema is said or is the default."""
        return ("" if schema in (None, self.default) else str(schema), name)

    def _has(self, table: Any) -> bool:
        return bool(self._inspector.has_table(table.name, schema=table.schema))

    def _read(self, table: Any, key: tuple[str, str]) -> Plan:
        plan = Plan(table, key)
        said = {
            column["name"].lower(): column
            for column in self._inspector.get_columns(table.name, schema=table.schema)
        }
        plan.columns = {
            column.name.lower(): column for column in table.columns if column.name.lower() in said
        }
        plan.reflected = said
        self._read_foreigns(plan)
        self._read_uniques(plan)
        texts = [
            str(each.sqltext)
            for each in table.constraints
            if hasattr(each, "sqltext") and not _of_a_type(each)
        ]
        texts += [each["sqltext"] for each in self._asked("get_check_constraints", table)]
        checks = [Check(text) for text in sorted({" ".join(text.split()) for text in texts})]
        plan.checks = [
            check for place, check in enumerate(checks)
            if check.node is None or all(check.node != other.node for other in checks[:place])
        ]  # fmt: skip
        return plan

    def _asked(self, question: str, table: Any) -> list[Any]:
        try:
            return list(getattr(self._inspector, question)(table.name, schema=table.schema))
        except NotImplementedError:  # SQLAlchemy's word for what a dialect cannot tell of its tables
            return []

    def _read_foreigns(self, plan: Plan) -> None:
        found: dict[tuple[Any, ...], Foreign] = {}
        for constraint in plan.table.foreign_key_constraints:
            try:
                referred = constraint.referred_table
                targets = [element.column.name for element in constraint.elements]
            except Exception:  # noqa: S112  # it names a table that no module declares; the database will tell
                continue
            own = [element.parent.name for element in constraint.elements]
            key = self.key(referred.schema, referred.name)
            foreign = Foreign(own, key, targets, bool(constraint.deferrable))
            found[foreign.columns, foreign.target] = foreign
        for each in self._asked("get_foreign_keys", plan.table):
            key = self.key(each["referred_schema"], each["referred_table"])
            options = each.get("options") or {}
            deferrable = bool(options.get("deferrable") or options.get("initially"))
            targets = each["referred_columns"] or each["constrained_columns"]
            foreign = Foreign(each["constrained_columns"], key, targets, deferrable)
            found[foreign.columns, foreign.target] = foreign
        known = [each for each in found.values() if all(name in plan.columns for name in each.columns)]
        # the widest first: what it chooses narrows what those that share columns with it may choose
        plan.foreigns = sorted(known, key=lambda each: (-len(each.columns), each.columns))

    def _read_uniques(self, plan: Plan) -> None:
        found: list[Unique] = []
        table = plan.table
        found.append(Unique(column.name for column in table.primary_key.columns))
        key = self._inspector.get_pk_constraint(table.name, schema=table.schema)
        found.append(Unique(key.get("constrained_columns") or ()))
        found += [Unique([column.name]) for column in table.columns if column.unique]
        found += [
            Unique(column.name for column in constraint.columns)
            for constraint in table.constraints
            if type(constraint).__name__ == "UniqueConstraint"
        ]
        found += [Unique(each["column_names"]) for each in self._asked("get_unique_constraints", table)]
        for index in table.indexes:
            if index.unique:
                where = _where(index.dialect_options, self._connection.dialect.name)
                _add_index(found, [self._text(each) for each in index.expressions], self._text(where))
        for each in self._asked("get_indexes", table):
            if each.get("unique") and not each.get("duplicates_constraint"):
                options = each.get("dialect_options") or {}
                where = next((value for name, value in options.items() if name.endswith("_where")), None)
                _add_index(found, each.get("expressions") or each["column_names"], self._text(where))
        kept: dict[str, Unique] = {}
        for unique in found:
            if unique.columns and all(name in plan.columns for name in unique.columns):
                kept.setdefault(repr((sorted(unique.columns), unique.where)), unique)
        plan.uniques = [kept[name] for name in sorted(kept)]

    def _text(self, clause: Any) -> str:
        if clause is None or isinstance(clause, str):
            return clause or ""
        compiled = clause.compile(dialect=self._connection.dialect, compile_kwargs={"literal_binds": True})
        return str(compiled)


def _add_index(found: list[Unique], expressions: list[Any], where: str) -> None:
    """A unique index over columns or expressions. One that cannot be read is left to the database."""
    if any(each is None for each in expressions):
        return
    try:
        names = [
            name
            for each in expressions
            for name in ([each] if each.isidentifier() else sorted(columns(read(each))))
        ]
        found.append(Unique(names, read(where) if where else None))
    except UnreadableError:
        return


def _where(options: Any, dialect: str) -> Any:
    try:
        return options[dialect].get("where")
    except Exception:
        return None


def _of_a_type(constraint: Any) -> bool:
    """Whether a CHECK is made by a type (Boolean, Enum), whose values keep to it by themselves."""
    return bool(getattr(constraint, "_type_bound", False))
