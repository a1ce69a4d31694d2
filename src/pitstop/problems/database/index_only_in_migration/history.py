"""What is left in the database after all migrations of an Alembic folder have run, as far as their text tells."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import TYPE_CHECKING

from pitstop.problems.database.index_only_in_migration import sql
from pitstop.project.facts import (
    Attr,
    Call,
    Const,
    Expr,
    Format,
    FunctionDef,
    Name,
    Seq,
    With,
    children,
    dotted,
    string,
)
from pitstop.project.model import FunctionInfo, Module
from pitstop.project.sites import walk

if TYPE_CHECKING:
    from pitstop.data import Location
    from pitstop.project import Project
    from pitstop.project.sites import Site


@dataclass(frozen=True, slots=True)
class MigratedIndex:
    """An index, key or unique constraint that the migrations make. `columns` is None where it covers expressions."""

    name: str
    table: str
    columns: tuple[str, ...] | None
    place: Location
    is_index: bool
    doubtful: bool = False
    """Whether a branch may have left it out or taken it away."""


@dataclass
class History:
    """The end of all migrations of one folder."""

    folder: str
    tables: dict[str, set[str]] = field(default_factory=dict)
    """Columns of each table that a migration creates."""
    indexes: dict[str, MigratedIndex] = field(default_factory=dict)
    modules: list[Module] = field(default_factory=list)
    untold: bool = False
    """Whether reading cannot follow at all: `create_all`, tables whose names are put together, no single order."""
    makes_more: bool = False
    """Whether indexes are made that reading cannot name."""
    drops_more: bool = False
    """Whether indexes are dropped that reading cannot name."""

    @cached_property
    def strings(self) -> frozenset[str]:
        """All text constants of the migrations but for their downgrades, in lower case."""
        found = set()
        for module in self.modules:
            kept = (
                s for s in module.source.facts.body if isinstance(s, FunctionDef) and s.name != "downgrade"
            )
            for site in (*module.sites, *(site for s in kept for site in FunctionInfo("", module, s).sites)):
                text = string(site.node)
                if text:
                    found.add(text.lower())
        return frozenset(found)


def histories(project: Project) -> list[History]:
    """One history for each folder of migrations."""
    folders: dict[str, list[Module]] = {}
    for path, module in project.index.by_path.items():
        if "down_revision" in module.bindings and "upgrade" in module.bindings:
            folders.setdefault(_folder(path), []).append(module)
    return [_history(project, folder, modules) for folder, modules in sorted(folders.items())]


_COMPARES_NOTHING = re.compile(r"^\s*target_metadata\s*=\s*None\b", re.MULTILINE)


def _folder(path: str) -> str:
    """The folder of a migration's history: `versions` may have one inside for each year (`recursive_version_locations`)."""
    parts = path.split("/")[:-1]
    return "/".join(parts[: parts.index("versions") + 1] if "versions" in parts else parts)


def _history(project: Project, folder: str, modules: list[Module]) -> History:
    history = History(folder, modules=modules)
    ordered = _in_order(modules)
    if ordered is None:
        history.untold = True
        return history
    for module in ordered:
        _Reader(history, module).read()
    above = folder.rpartition("/")[0]
    environment = project.index.by_path.get(f"{above}/env.py" if above else "env.py")
    if environment is not None:
        text = environment.source.text
        # Where no models are named to Alembic, it has nothing to compare the tables with.
        history.untold = history.untold or _COMPARES_NOTHING.search(text) is not None
    return history


def _in_order(modules: list[Module]) -> list[Module] | None:
    """The migrations from the first to the last; None where the chain does not hang together."""
    by_revision: dict[str, Module] = {}
    before: dict[str, tuple[str, ...]] = {}
    for module in modules:
        revision = _constants(module, "revision")
        if len(revision) != 1 or revision[0] in by_revision:
            return None
        by_revision[revision[0]] = module
        before[revision[0]] = _constants(module, "down_revision")
    if any(name not in by_revision for names in before.values() for name in names):
        return None
    ordered: list[str] = []
    waiting = {name: len(names) for name, names in before.items()}
    after: dict[str, list[str]] = {}
    for name, names in before.items():
        for parent in names:
            after.setdefault(parent, []).append(name)
    ready = sorted((n for n, count in waiting.items() if not count), reverse=True)
    while ready:
        name = ready.pop()
        ordered.append(name)
        for child in after.get(name, ()):
            waiting[child] -= 1
            if not waiting[child]:
                ready.append(child)
    return [by_revision[name] for name in ordered] if len(ordered) == len(by_revision) else None


def _constants(module: Module, name: str) -> tuple[str, ...]:
    values = [b.value for b in module.bindings.get(name, ()) if b.how == "value"]
    value = values[-1] if values else None
    if isinstance(value, Seq):
        return tuple(string(item) for item in value.items)
    text = string(value)
    return (text,) if text else ()


class _Reader:
    """Applies one migration to a history."""

    def __init__(self, history: History, module: Module) -> None:
        self._history = history
        self._module = module
        self._functions = {s.name: s for s in module.source.facts.body if isinstance(s, FunctionDef)}
        self._busy: set[str] = set()

    def read(self) -> None:
        upgrade = self._functions.get("upgrade")
        if upgrade is None:
            self._history.untold = True
            return
        self._function(upgrade, doubtful=False)

    def _function(self, node: FunctionDef, *, doubtful: bool) -> None:
        if node.name in self._busy:
            return
        self._busy.add(node.name)
        info = FunctionInfo(f"{self._module.name}.{node.name}", self._module, node)
        batches = {
            dotted(item.target): self._text(item.context.argument(0, "table_name"))
            for block in walk(node.body)
            if isinstance(block, With)
            for item in block.items
            if isinstance(item.context, Call)
            and item.target is not None
            and dotted(item.context.func).endswith("batch_alter_table")
        }
        for site in sorted(info.calls, key=lambda s: s.node.at):
            call = site.node
            assert isinstance(call, Call)
            if isinstance(call.func, Name) and call.func.id in self._functions:
                self._function(self._functions[call.func.id], doubtful=doubtful or _is_doubtful(site))
            elif isinstance(call.func, Attr):
                batch = self._batch(call.func.value, site, batches)
                self._operation(info, call, call.func.attr, batch, doubtful=doubtful or _is_doubtful(site))
        self._busy.discard(node.name)

    def _batch(self, owner: Expr, site: Site, batches: dict[str, str]) -> str | None:
        name = dotted(owner)
        for block in reversed(site.withs):
            for item in block.items:
                if item.target is not None and dotted(item.target) == name and isinstance(item.context, Call):
                    return self._text(item.context.argument(0, "table_name"))
        return batches.get(name)

    def _operation(
        self, info: FunctionInfo, call: Call, method: str, batch: str | None, *, doubtful: bool
    ) -> None:
        history = self._history
        shift = 0 if batch is None else 1
        table = batch if batch is not None else None
        match method:
            case "create_all":
                history.untold = True
            case "create_index" | "create_unique_constraint":
                table = batch if batch is not None else self._text(call.argument(1, "table_name"))
                columns = self._columns(call.argument(2 - shift, "columns"))
                name = self._name(
                    call.argument(0, "index_name" if method == "create_index" else "constraint_name")
                )
                if not table or (
                    columns is None and not _has_expressions(call.argument(2 - shift, "columns"))
                ):
                    history.makes_more = True
                    return
                self._add(
                    MigratedIndex(
                        name,
                        table,
                        columns,
                        info.at(call),
                        method == "create_index",
                        doubtful,
                    )
                )
            case "drop_index" | "drop_constraint":
                what = "index_name" if method == "drop_index" else "constraint_name"
                self._drop(
                    self._name(call.argument(0, what)), doubtful=doubtful, is_index=method == "drop_index"
                )
            case "create_table" if dotted(call.func).startswith("op."):
                table = self._text(call.argument(0, "table_name"))
                if not table:
                    history.untold = True
                    return
                history.tables[table] = set()
                for argument in call.args[1:]:
                    self._part(info, table, argument, doubtful=doubtful)
            case "add_column":
                table = batch if batch is not None else self._text(call.argument(0, "table_name"))
                column = call.argument(1 - shift, "column")
                if table and column is not None:
                    self._part(info, table, column, doubtful=doubtful)
            case "drop_column":
                table = batch if batch is not None else self._text(call.argument(0, "table_name"))
                self._drop_column(table, self._text(call.argument(1 - shift, "column_name")))
            case "drop_table":
                table = self._text(call.argument(0, "table_name"))
                history.tables.pop(table, None)
                for name in [n for n, i in history.indexes.items() if i.table == table]:
                    del history.indexes[name]
            case "rename_table":
                self._rename(self._text(call.argument(0, "old")), self._text(call.argument(1, "new")))
            case "alter_column" if call.keyword("new_column_name") is not None:
                table = batch if batch is not None else self._text(call.argument(0, "table_name"))
                old = self._text(call.argument(1 - shift, "column_name"))
                self._rename_column(table, old, self._text(call.keyword("new_column_name")))
            case "execute" | "exec_driver_sql":
                self._sql(info, call, doubtful=doubtful)

    # --- parts of a table --------------------------------------------------------------------------------------------

    def _part(self, info: FunctionInfo, table: str, part: Expr, *, doubtful: bool) -> None:
        if not isinstance(part, Call):
            return
        kind = dotted(part.func).rpartition(".")[2]
        place = info.at(part)
        if kind == "Column":
            column = self._text(part.argument(0, "name"))
            self._history.tables.setdefault(table, set()).add(column)
            for flag in ("primary_key", "unique", "index"):
                value = part.keyword(flag)
                if isinstance(value, Const) and value.value is True:
                    name = f"ix_{table}_{column}" if flag == "index" else f"{flag}:{table}.{column}"
                    self._add(MigratedIndex(name, table, (column,), place, flag == "index", doubtful))
        elif kind in {"PrimaryKeyConstraint", "UniqueConstraint"}:
            columns = tuple(self._text(argument) for argument in part.args)
            name = self._name(part.keyword("name")) or f"{kind}:{table}.{','.join(columns)}"
            self._add(MigratedIndex(name, table, columns, place, is_index=False, doubtful=doubtful))
        elif kind == "Index":
            columns = tuple(self._text(argument) for argument in part.args[1:])
            self._add(
                MigratedIndex(
                    self._name(part.argument(0, "name")), table, columns if all(columns) else None, place, is_index=True,
                    doubtful=doubtful,
                )
            )  # fmt: skip

    def _add(self, index: MigratedIndex) -> None:
        self._history.indexes[index.name or f"{index.table}:{index.columns}"] = index

    def _drop(self, name: str, *, doubtful: bool, is_index: bool = True) -> None:
        known = self._history.indexes.get(name)
        if known is not None and doubtful:
            self._history.indexes[name] = replace(known, doubtful=True)
        elif known is not None:
            del self._history.indexes[name]
        elif not name and is_index:
            self._history.drops_more = True

    def _drop_column(self, table: str, column: str) -> None:
        self._history.tables.get(table, set()).discard(column)
        for name, index in list(self._history.indexes.items()):
            if index.table == table and index.columns is not None and column in index.columns:
                del self._history.indexes[name]

    def _rename(self, old: str, new: str) -> None:
        if old in self._history.tables:
            self._history.tables[new] = self._history.tables.pop(old)
        for name, index in list(self._history.indexes.items()):
            if index.table == old:
                self._history.indexes[name] = replace(index, table=new)

    def _rename_column(self, table: str, old: str, new: str) -> None:
        columns = self._history.tables.get(table, set())
        if old in columns:
            columns.discard(old)
            columns.add(new)
        for name, index in list(self._history.indexes.items()):
            if index.table == table and index.columns is not None and old in index.columns:
                renamed = tuple(new if c == old else c for c in index.columns)
                self._history.indexes[name] = replace(index, columns=renamed)

    # --- text --------------------------------------------------------------------------------------------------------

    def _sql(self, info: FunctionInfo, call: Call, *, doubtful: bool) -> None:
        expr = call.args[0] if call.args else None
        while isinstance(expr, Call) and expr.args:
            expr = expr.args[0]
        if isinstance(expr, Format):
            words = " ".join(_strings(expr)).upper()
            if "INDEX" in words:
                self._history.makes_more |= "CREATE" in words
                self._history.drops_more |= "CREATE" not in words
            return
        text = self._text(expr)
        for old, new in sql.RENAME_INDEX.findall(text):
            known = self._history.indexes.pop(_bare(old), None)
            if known is not None:
                self._history.indexes[_bare(new)] = replace(known, name=_bare(new))
        for old, new in sql.RENAME_TABLE.findall(text):
            self._rename(_bare(old), _bare(new))
        for table, old, new in sql.RENAME_COLUMN.findall(text):
            self._rename_column(_bare(table), _bare(old), _bare(new))
        for name, table, columns in sql.CREATE.findall(text):
            plain = [sql.PLAIN.match(part.strip()) for part in columns.split(",")]
            names = tuple(match.group(1) for match in plain if match is not None)
            self._add(
                MigratedIndex(
                    _bare(name), _bare(table), names if len(names) == len(plain) else None, info.at(call),
                    is_index=True, doubtful=doubtful,
                )
            )  # fmt: skip
        for name in sql.DROP.findall(text):
            self._drop(_bare(name), doubtful=doubtful)

    def _columns(self, expr: Expr | None) -> tuple[str, ...] | None:
        if not isinstance(expr, Seq):
            return None
        found = tuple(self._text(item) for item in expr.items)
        return found if found and all(found) else None

    def _name(self, expr: Expr | None) -> str:
        if isinstance(expr, Call) and expr.args:
            expr = expr.args[0]
        return self._text(expr)

    def _text(self, expr: Expr | None) -> str:
        """A string, written out or by the name of a constant of the module."""
        if isinstance(expr, Name):
            found = _constants(self._module, expr.id)
            return found[0] if len(found) == 1 else ""
        return string(expr)


def _is_doubtful(site: Site) -> bool:
    return site.conditional or bool(site.loops) or site.rescue


def _has_expressions(expr: Expr | None) -> bool:
    """Whether columns are written out, some of them as expressions such as `sa.text("lower(name)")`."""
    return isinstance(expr, Seq) and all(isinstance(item, (Call, Const)) for item in expr.items)


def _strings(expr: Expr) -> Iterator[str]:
    stack = [expr]
    while stack:
        node = stack.pop()
        text = string(node)
        if text:
            yield text
        stack.extend(children(node))


def _bare(name: str) -> str:
    return name.rpartition(".")[2].strip('"`')
