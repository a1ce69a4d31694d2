"""Indexes the column in the model, and in a migration where the project has migrations."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from pitstop.data import Finding, Patch
from pitstop.errors import PatchError
from pitstop.patching.edits import make_patch
from pitstop.problems.columns import indexed
from pitstop.problems.database.missing_index.deletions import by_deletion
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
    found = _uses(finding, project)
    for use in found:
        _refuse(use)
    first = found[0]
    source = open_source(project, first.column.owner.module.path)
    edits = [edit for use in found for edit in indexed(source, use.column)]
    changes = [settle(source, edits)]
    indexes = [Index((use.column.name,)) for use in found]
    migration = migrate(project, first.model.table, indexes, source.line_length)
    if migration is not None:
        changes.append(migration)
    return make_patch(
        finding,
        f"Index {', '.join(f'{use.model.table}.{use.column.name}' for use in found)}",
        changes,
        ("work", "duration", "cpu"),
        risk="Each insert and each update of the column also writes the index. On a large live table build it with "
        "CREATE INDEX CONCURRENTLY (PostgreSQL).",
        validate="The plan of the statement names the index; the route is faster on a table of realistic size.",
        rollback="pitstop undo; where the migration ran, `alembic downgrade -1`",
    )


def _uses(finding: Finding, project: Project) -> list[Use]:
    """The columns of a finding: one, or all foreign keys of a table that a deletion follows. Raises PatchError."""
    known = {use.symbol: use for use in (*by_deletion(project), *uses(project))}
    places = (finding.location, *finding.places)
    found = [known[place.symbol] for place in places if place.symbol in known]
    if len(found) < len(places):
        raise PatchError("the column is indexed by now, or no request looks rows up by it any more")
    tables = sorted({use.model.table for use in found})
    if len(tables) > 1:
        named = ", ".join(f"`{table}`" for table in tables)
        raise PatchError(
            f"the foreign keys of {named} refer to what is deleted: which of these tables are large enough for an index is yours to say"
        )
    return found


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
