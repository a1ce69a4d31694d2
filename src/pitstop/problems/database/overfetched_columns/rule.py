"""Lists of whole rows whose large columns neither the schema of the answer nor any code on the way reads."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from pitstop.data import Confidence, Finding, Impact, Severity, SourceEvidence
from pitstop.problems.database.overfetched_columns.large import Large, large_columns
from pitstop.problems.database.overfetched_columns.readers import Readers
from pitstop.problems.findings import make, merge_places, path_of, route_names
from pitstop.project.calls import Step
from pitstop.project.doubt import weigh
from pitstop.project.facts import Attr, Call, Expr
from pitstop.project.loads import Load
from pitstop.project.statements import options

if TYPE_CHECKING:
    from pitstop.project import Project

_IMPACT = Impact(
    text="the bytes of these columns less for each row, in the database, on the wire and in memory",
    source="at 500 rows, columns instead of entities served 3.5 times as many requests, and `load_only` over small"
    " columns no more; pitstop's own measurement",
)
_LOADERS = {"selectinload", "joinedload", "subqueryload", "immediateload", "contains_eager", "noload", "raiseload"} | {
    "lazyload",
}  # fmt: skip
_SHOWN = 4


@dataclass(frozen=True, slots=True)
class Match:
    """A list of rows, and the columns that nobody reads."""

    finding: Finding
    load: Load
    unread: list[Large]


def find(project: Project) -> list[Finding]:
    """One finding for each list of rows with large columns that nobody reads."""
    return merge_places(match.finding for match in matches(project))


def matches(project: Project) -> Iterator[Match]:
    """The lists, for the fix as well."""
    large = {name: found for name, model in project.models.all.items() if (found := large_columns(model))}
    if not large:
        return
    readers = Readers(project)
    for load in project.loads.all:
        chosen = [name for name in load.entities if name in large]
        if len(chosen) != 1 or not load.takes("all", "each") or load.statement.unknown or _chooses(load):
            continue
        read = readers.of(load.reach.routes, chosen[0])
        if read is None:
            continue
        unread = [column for column in large[chosen[0]] if column.name not in read]
        if unread:
            yield Match(_finding(project, load, chosen[0], unread), load, unread)


def _chooses(load: Load) -> bool:
    """Whether an option may say which columns are loaded."""
    if load.statement.of("with_only_columns", "with_entities", "add_columns"):
        return True
    return any(not _is_loader(option) for part in load.statement.of("options") for option in options(part))


def _is_loader(option: Expr) -> bool:
    """Whether an option is about relationships alone."""
    while isinstance(option, Call):
        func = option.func
        name = func.attr if isinstance(func, Attr) else getattr(func, "id", "")
        if name not in _LOADERS:
            return False
        if not (isinstance(func, Attr) and isinstance(func.value, Call)):
            return True
        option = func.value
    return False


def _finding(project: Project, load: Load, model: str, unread: list[Large]) -> Finding:
    name = project.models.all[model].info.name
    sure = [column for column in unread if column.sure]
    confidence: Confidence = "likely" if sure else "possible"
    severity: Severity = "medium" if sure else "low"
    steps = (Step(load.function, load.site),)
    confidence, severity, why = weigh(load.reach, steps, confidence, severity)
    listed = ", ".join(f"`{column.name}` ({column.kind})" for column in unread[:_SHOWN])
    more = f" and {len(unread) - _SHOWN} more" if len(unread) > _SHOWN else ""
    routes = route_names(load.reach)
    return make(
        problem="overfetched-columns",
        domain="database",
        severity=severity,
        confidence=confidence,
        message=f"each `{name}` of this list comes with {listed}{more}, which nothing on the way to the answer reads",
        module=load.function.module,
        owner=load.function.qualname,
        node=load.site.node,
        identity=(load.function.qualname, model),
        routes=routes,
        call_path=path_of(load.reach, steps),
        evidence=(
            SourceEvidence(
                text="neither the schema of the answer nor any function on the way names these columns"
                + (f"; but {why}" if why else ""),
                locations=(
                    load.function.at(load.site.node),
                    *(column.location for column in unread[:_SHOWN]),
                ),
            ),
        ),
        impact=_IMPACT,
        fix_class="proved",
    )
