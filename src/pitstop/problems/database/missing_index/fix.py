"""Indexes the column in the model, and in a migration where the project has migrations."""

from __future__ import annotations

import ast
import re
from typing import TYPE_CHECKING

from pitstop.data import Finding, Patch
from pitstop.errors import PatchError
from pitstop.patching.edits import Edit, make_patch
from pitstop.patching.imports import ensure_import
from pitstop.patching.python import Source
from pitstop.patching.rewrite import last_argument
from pitstop.problems.database.missing_index.migration import migrate
from pitstop.problems.database.missing_index.rule import uses
from pitstop.problems.database.missing_index.use import Use
from pitstop.problems.editing import open_source
from pitstop.problems.layout import settle
from pitstop.project.orm import Column

if TYPE_CHECKING:
    from pitstop.project import Project


def propose(finding: Finding, project: Project) -> Patch:
    """`index=True` on the column, with a migration. Raises PatchError."""
    if finding.fix.fix_class == "decide":
        raise PatchError(
            "which columns the index holds, and in which order, is for who knows the other statements"
        )
    use = _use(finding, project)
    _refuse(use)
    source = open_source(project, use.column.owner.module.path)
    changes = [settle(source, _index(source, use.column))]
    migration = migrate(project, use.model.table, use.column.name, source.line_length)
    if migration is not None:
        changes.append(migration)
    return make_patch(
        finding,
        f"Index {use.model.table}.{use.column.name}",
        changes,
        ("work", "duration", "cpu"),
        risk="Each insert and each update of the column also writes the index. On a large live table build it with "
        "CREATE INDEX CONCURRENTLY (PostgreSQL).",
        validate="The plan of the statement names the index; the route is faster on a table of realistic size.",
        rollback="pitstop undo; where the migration ran, `alembic downgrade -1`",
    )


def _use(finding: Finding, project: Project) -> Use:
    for use in uses(project):
        if f"{use.model.name}.{use.column.attribute}" == finding.location.symbol:
            return use
    raise PatchError("the column is indexed by now, or no request looks rows up by it any more")


def _refuse(use: Use) -> None:
    """Raise PatchError where an index on the column would reach further than the finding, or could refuse rows."""
    if use.column.owner is not use.model.info:
        raise PatchError(
            f"the column comes from `{use.column.owner.name}`: an index there would be one on every table that has it"
        )
    written = use.column.owner.module.text(use.column.node)
    if re.search(r"\b(Text|UnicodeText|LargeBinary|JSON|JSONB|ARRAY|CLOB|BLOB)\b", written):
        raise PatchError(
            "the column's type has no limit to its length: an index could refuse rows, or be impossible"
        )
    if re.search(r"\bschema[\"']?\s*[:=]", use.model.info.module.text(use.model.info.node)):
        raise PatchError("the table is in a schema of its own, which the migration would have to name")


def _index(source: Source, column: Column) -> list[Edit]:
    line, start, end_line, end = column.node.span
    wanted = (line, start, end_line, end)
    for node in ast.walk(source.tree):
        if isinstance(node, (ast.Assign, ast.AnnAssign)):
            span = (node.lineno, node.col_offset, node.end_lineno, node.end_col_offset)
            if span == wanted:
                return _index_assignment(source, node)
    raise PatchError(f"{source.path}:{line}: the column is not there any more")


def _index_assignment(source: Source, node: ast.Assign | ast.AnnAssign) -> list[Edit]:
    if node.value is None:
        assert isinstance(node, ast.AnnAssign)
        is_mapped = re.match(r"[\"']?([\w.]+\.)?Mapped\b", source.segment(node.annotation)) is not None
        module, name = ("sqlalchemy.orm", "mapped_column") if is_mapped else ("sqlmodel", "Field")
        imports, local = ensure_import(source, module, name, at=node)
        end = source.end(node.annotation)
        return [*imports, source.edit(end, end, f" = {local}(index=True)")]
    call = node.value
    if not isinstance(call, ast.Call):
        imports, local = ensure_import(source, "sqlmodel", "Field", at=node)
        start, end = source.start(call), source.end(call)
        default = source.data[start:end].decode()
        return [*imports, source.edit(start, end, f"{local}(default={default}, index=True)")]
    inner = next((k.value for k in call.keywords if k.arg == "sa_column"), None)
    if isinstance(inner, ast.Call):
        call = inner
    false = next((k for k in call.keywords if k.arg == "index"), None)
    if false is not None:
        return [source.edit(source.start(false.value), source.end(false.value), "True")]
    return [last_argument(source, call, "index=True")]
