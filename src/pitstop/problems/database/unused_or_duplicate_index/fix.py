"""Takes the needless index off the column, and drops it in a migration where the project has migrations."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from pitstop.data import FileChange, Finding, Patch
from pitstop.errors import PatchError
from pitstop.patching.edits import Edit, make_patch
from pitstop.patching.python import Source
from pitstop.patching.rewrite import remove_argument
from pitstop.problems.columns import asking, declaration
from pitstop.problems.database.unused_or_duplicate_index.rule import find
from pitstop.problems.editing import open_source, without_dead_import
from pitstop.problems.layout import settle
from pitstop.problems.migrations import Index, index_name, migrate
from pitstop.project.orm import Column

if TYPE_CHECKING:
    from pitstop.project import Project
    from pitstop.project.orm import Model

_EMPTY = {"mapped_column", "Field"}
"""What a column needs no more where it says nothing."""


def propose(finding: Finding, project: Project) -> Patch:
    """The column without its index. Raises PatchError."""
    if not any(each.id == finding.id for each in find(project)):
        raise PatchError("the index is not there any more")
    owner, _, attribute = finding.location.symbol.rpartition(".")
    model = project.models.all[owner]
    column = model.columns[attribute]
    if column.owner is not model.info:
        raise PatchError(
            f"the column comes from `{column.owner.name}`, and other tables have it with the index"
        )
    source = open_source(project, column.owner.module.path)
    changes = [_without(source, column)]
    migration = _dropped(project, model, column, source)
    return make_patch(
        finding,
        f"Drop the index of {model.table}.{column.name}",
        [*changes, *([migration] if migration is not None else [])],
        (),
        routes=asking(project, model),
        risk="Statements that filter by the column use the longer index, which is wider. On a large live table drop it with DROP INDEX CONCURRENTLY (PostgreSQL).",
        validate="`EXPLAIN` of the statements that filter by the column shows the longer index.",
        rollback="where the migration ran, `alembic downgrade -1`, then `pitstop undo`",
    )


def _without(source: Source, column: Column) -> FileChange:
    """The column without `index=True`, and without a call that says nothing any more."""
    statement = declaration(source, column)
    call = statement.value
    inner = next(
        (
            node
            for node in ast.walk(call or statement)
            if isinstance(node, ast.Call) and any(k.arg == "index" for k in node.keywords)
        ),
        None,
    )
    if inner is None:
        raise PatchError(f"{source.path}:{statement.lineno}: the index is declared elsewhere")
    name = ast.unparse(inner.func).rpartition(".")[2]
    argument = next(k for k in inner.keywords if k.arg == "index")
    edits: list[Edit] = remove_argument(source, inner, argument)
    alone = len(inner.args) + len(inner.keywords) == 1
    if alone and inner is call and isinstance(statement, ast.AnnAssign) and name in _EMPTY:
        edits = [source.edit(source.end(statement.annotation), source.end(statement), "")]
    return without_dead_import(settle(source, edits), name)


def _dropped(project: Project, model: Model, column: Column, source: Source) -> FileChange | None:
    change = migrate(project, model.table, [Index((column.name,))], source.line_length, drops=True)
    name = index_name(project, model.table, column.name)
    if change is not None and not any(module.says(name) for module in project.index.by_path.values()):
        raise PatchError(f"the migrations do not speak of `{name}`: they call the index otherwise")
    return change
