"""Leaves large columns out of the statement: each is loaded when something reads it after all."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pitstop.data import Finding, Patch
from pitstop.errors import PatchError
from pitstop.patching.edits import Edit, make_patch
from pitstop.patching.imports import ensure_import
from pitstop.patching.rewrite import last_argument
from pitstop.problems.chains import ARRANGE, CHOOSE, Chain, chain_of, name_of
from pitstop.problems.database.overfetched_columns.rule import matches
from pitstop.problems.editing import open_source
from pitstop.problems.layout import settle

if TYPE_CHECKING:
    from pitstop.project import Project

_ALLOWED = CHOOSE | ARRANGE | {"distinct", "limit", "offset", "select_from"}


def propose(finding: Finding, project: Project) -> Patch:
    """`defer(...)` for the columns that nobody reads. Raises PatchError."""
    found = [match for match in matches(project) if match.finding.id == finding.id]
    if len(found) != 1:
        raise PatchError("several statements of the function load these rows")
    match = found[0]
    if project.jobs.has(match.load.function):
        raise PatchError("a job runs this query too, and may read the columns")
    source = open_source(project, match.load.function.module.path)
    chain = chain_of(source, match.load, _ALLOWED)
    imports, defer = ensure_import(source, "sqlalchemy.orm", "defer", at=chain.root)
    names = [column.name for column in match.unread]
    edits = _with_options(chain, ", ".join(f"{defer}({chain.entity}.{name})" for name in names))
    return make_patch(
        finding,
        f"Leave {', '.join(names)} out of the list of {finding.location.symbol.rpartition('.')[2]}",
        (settle(source, [*imports, *edits]),),
        ("duration", "cpu", "memory"),
        risk="Code that reads a column in a way that reading did not see gets it by one more statement for each row; under an asynchronous session, or after the "
        "session is closed, it gets an error.",
        validate="The answers are the same; the columns are gone from the statement that `echo=True` shows.",
        rollback="pitstop undo",
    )


def _with_options(chain: Chain, text: str) -> list[Edit]:
    """The options behind those that the statement has, or right behind the model."""
    for call in chain.calls:
        if name_of(call) == "options" and call.args:
            return [last_argument(chain.source, call, text)]
    return [chain.put(chain.root, f".options({text})")]
