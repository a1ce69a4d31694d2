"""Indexes the column in the model, and in a migration where the project has migrations."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from pitstop.data import Finding, Patch
from pitstop.errors import PatchError
from pitstop.patching.edits import make_patch
from pitstop.problems.columns import indexed
from pitstop.problems.database.missing_index.rule import uses
from pitstop.problems.database.missing_index.use import Use
from pitstop.problems.editing import open_source
from pitstop.problems.layout import settle
from pitstop.problems.migrations import Index, migrate

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
    changes = [settle(source, indexed(source, use.column))]
    migration = migrate(project, use.model.table, [Index((use.column.name,))], source.line_length)
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
