"""Declares on the model the index that the migrations make, or writes the migration of one that only the model has."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from pitstop.data import FileChange, Finding, Patch
from pitstop.errors import PatchError
from pitstop.patching.edits import Edit, make_patch
from pitstop.patching.imports import ensure_import
from pitstop.patching.python import Source
from pitstop.patching.statements import insert_after
from pitstop.problems.columns import asking, indexed
from pitstop.problems.database.index_only_in_migration.history import MigratedIndex
from pitstop.problems.database.index_only_in_migration.rule import Declared, matches
from pitstop.problems.editing import node_at, open_source
from pitstop.problems.layout import settle
from pitstop.problems.migrations import Index, index_name, migrate

if TYPE_CHECKING:
    from pitstop.project import Project
    from pitstop.project.orm import Model

_SAME = {"if_not_exists", "postgresql_concurrently", "table_name", "columns", "index_name"}
"""What `op.create_index` is told besides, and the index is the same without."""


def propose(finding: Finding, project: Project) -> Patch:
    """Both sides with the index. Raises PatchError."""
    found = [(model, index) for each, model, index in matches(project) if each.id == finding.id]
    if not found:
        raise PatchError("both sides have the index by now")
    model = found[0][0]
    declared = [index for _, index in found if isinstance(index, Declared)]
    migrated = [index for _, index in found if isinstance(index, MigratedIndex)]
    if declared:
        change, title = (
            _migration(project, model, declared),
            f"Make the index of {model.table} in a migration",
        )
        risk = "On a large live table build it with CREATE INDEX CONCURRENTLY (PostgreSQL)."
        back = "where the migration ran, `alembic downgrade -1`, then `pitstop undo`"
    else:
        change, title = _declare(project, model, migrated), f"Declare the index of {model.table} on the model"
        risk = "Databases that are made from the models get the index, too. The one that the migrations made does not change."
        back = "pitstop undo"
    return make_patch(
        finding,
        title,
        (change,),
        (),
        routes=asking(project, model),
        risk=risk,
        validate="`alembic check` reports no difference against a database that was migrated to the head.",
        rollback=back,
    )


# --- the migration --------------------------------------------------------------------------------------------------


def _migration(project: Project, model: Model, declared: list[Declared]) -> FileChange:
    for index in declared:
        if "unique" in index.module.text(index.node):
            raise PatchError(
                "the index is unique: rows that are there may not be, which a migration has to put right first"
            )
    change = migrate(
        project,
        model.table,
        [Index(index.columns or (), index.name) for index in declared],
        open_source(project, model.info.module.path).line_length,
    )
    if change is None:
        raise PatchError("the migrations have no revision to go on from")
    return change


# --- the model ------------------------------------------------------------------------------------------------------


def _declare(project: Project, model: Model, migrated: list[MigratedIndex]) -> FileChange:
    source = open_source(project, model.info.module.path)
    edits: list[Edit] = []
    named: list[str] = []
    for index in migrated:
        unique = _is_unique(project, index)
        columns = index.columns or ()
        column = next(each for each in model.columns.values() if each.name == columns[0])
        is_plain = len(columns) == 1 and not unique and column.owner is model.info
        if is_plain and index.name in {"", index_name(project, model.table, columns[0])}:
            edits += indexed(source, column)
            continue
        if not index.name:
            raise PatchError("the index has no name in the migration")
        written = ", ".join(f"{source.quote}{each}{source.quote}" for each in (index.name, *columns))
        named.append(f"({written}{', unique=True' if unique else ''})")
    if named:
        imports, local = ensure_import(source, "sqlalchemy", "Index")
        edits += [*imports, *_in_arguments(source, model, [f"{local}{each}" for each in named])]
    return settle(source, list(dict.fromkeys(edits)))


def _is_unique(project: Project, index: MigratedIndex) -> bool:
    """Whether the migration makes the index unique. Raises PatchError where it makes one that cannot be declared as simply."""
    source = open_source(project, index.place.path)
    call = node_at(source, ast.Call, index.place)
    name = source.segment(call.func).rpartition(".")[2]
    if name == "Column":
        if any(keyword.arg == "unique" for keyword in call.keywords):
            raise PatchError(
                "the migration makes the index with the column and says `unique`: declare both on the model"
            )
        return False
    if name not in {"create_index", "Index"}:
        raise PatchError("the migration makes the index in SQL, which may say more than its columns")
    unique = False
    for keyword in call.keywords:
        if keyword.arg == "unique":
            if not isinstance(keyword.value, ast.Constant):
                raise PatchError("whether the index is unique is worked out in the migration")
            unique = bool(keyword.value.value)
        elif keyword.arg not in _SAME:
            raise PatchError(f"the migration makes the index with `{keyword.arg}`")
    return unique


def _in_arguments(source: Source, model: Model, indexes: list[str]) -> list[Edit]:
    """The indexes in `__table_args__`. Raises PatchError."""
    line = model.info.node.span[0]
    cls = next((n for n in ast.walk(source.tree) if isinstance(n, ast.ClassDef) and n.lineno == line), None)
    if cls is None:
        raise PatchError(f"`{model.info.name}` is not there any more")
    assigned = {
        target.id: statement
        for statement in cls.body
        if isinstance(statement, ast.Assign)
        for target in statement.targets
        if isinstance(target, ast.Name)
    }
    there = assigned.get("__table_args__")
    put = ", ".join(indexes)
    if there is None:
        table = assigned.get("__tablename__")
        if table is None:
            raise PatchError(f"`{model.info.name}` says its table elsewhere")
        return insert_after(source, table, f"__table_args__ = ({put},)")
    value = there.value
    if isinstance(value, ast.Dict):
        start = source.start(value)
        return [
            source.edit(start, start, f"({put}, "),
            source.edit(source.end(value), source.end(value), ")"),
        ]
    if not isinstance(value, ast.Tuple) or not value.elts:
        raise PatchError("`__table_args__` is put together elsewhere")
    last = value.elts[-1]
    if isinstance(last, ast.Dict):
        return [source.edit(source.start(last), source.start(last), f"{put}, ")]
    return _last_item(source, value, last, indexes)


def _last_item(source: Source, value: ast.Tuple, last: ast.expr, items: list[str]) -> list[Edit]:
    """Items at the end of a tuple, in its own layout. Raises PatchError."""
    end, closing = source.end(last), source.end(value) - 1
    if source.data[closing : closing + 1] != b")":
        raise PatchError("`__table_args__` is a tuple without parentheses")
    if source.line_of(source.start(last)) == source.line_of(source.start(value)):
        return [source.edit(end, closing, "".join(f", {each}" for each in items))]
    comma = source.data.find(b",", end, closing)
    indent = " " * (source.start(last) - source.line_start(source.line_of(source.start(last))))
    at = source.line_start(source.line_of(end) + 1)
    lines = "".join(f"{indent}{each},{source.newline}" for each in items)
    missing = [source.edit(end, end, ",")] if comma < 0 else []
    return [*missing, source.edit(at, at, lines)]
