"""Rows that are all loaded, and then written to a CSV or another file that is sent."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from pitstop.data import Finding, Impact, SourceEvidence
from pitstop.problems.findings import make, merge_places, path_of, route_names
from pitstop.problems.rows import all_rows_of, finding_at
from pitstop.project.calls import Reach, Step
from pitstop.project.doubt import weigh
from pitstop.project.facts import Attr, Call, Comp, Const, For, dotted
from pitstop.project.loads import Load, is_streamed
from pitstop.project.model import FunctionInfo
from pitstop.project.orm import Relationship
from pitstop.project.sites import Site

if TYPE_CHECKING:
    from pitstop.project import Project

IMPACT = Impact(text="memory for one batch of rows instead of for all of them")
_WRITERS = {"csv.writer", "csv.DictWriter", "openpyxl.Workbook", "xlsxwriter.Workbook"}
_STREAMS = ("StreamingResponse",)
_BOUNDS = ("limit", "slice", "fetch", "group_by", "from_statement")
_TABLES = ("text/csv", "spreadsheet", "ndjson")


@dataclass(frozen=True, slots=True)
class Match:
    """An export that loads all of its rows first. `load` is None where they are those of a relationship."""

    finding: Finding
    load: Load | None


def find(project: Project) -> list[Finding]:
    """One finding for each export that loads all of its rows first."""
    return merge_places(match.finding for match in matches(project))


def matches(project: Project) -> Iterator[Match]:
    """The exports, for the fix as well."""
    writes = _Writes(project)
    for load in project.loads.everywhere:
        if load.statement.of(*_BOUNDS) or is_streamed(load) or not load.entities or not load.takes("all"):
            continue
        model = project.models.all.get(load.model)
        if model is None or load.statement.unknown or load.statement.parameters:
            continue
        writer = writes.at(load)
        if writer is None:
            continue
        finding = finding_at(
            load,
            load.site.node,
            problem="export-loads-everything",
            message=f"`{load.function.name}` loads {all_rows_of(project, load)} into memory before it writes them to a file",
            told=f"`{writer}` writes the rows, and all of them are loaded before",
            severity="medium",
            confidence="possible",
            impact=IMPACT,
            fix_class="proved",
        )
        yield Match(finding, load)
    yield from (Match(_of_relation(*one), None) for one in writes.relationships())


def _of_relation(function: FunctionInfo, reach: Reach, site: Site, relation: Relationship) -> Finding:
    step = Step(function, site)
    confidence, severity, why = weigh(reach, (step,), "possible", "medium")
    return make(
        problem="export-loads-everything",
        domain="database",
        severity=severity,
        confidence=confidence,
        message=f"`{function.name}` loads all of `{relation.qualname}` into memory before it writes them to a file",
        module=function.module,
        owner=function.qualname,
        node=site.node,
        code=relation.qualname,
        routes=route_names(reach),
        call_path=path_of(reach, (step,)),
        evidence=(
            SourceEvidence(
                text="a relationship is loaded whole when it is read" + (f"; but {why}" if why else ""),
                locations=(function.at(site.node),),
            ),
        ),
        impact=IMPACT,
        fix_class="proved",
    )


def _is_handed_on(call: Call) -> bool:
    """Whether a call may go through what it is handed; `len` and the like do not."""
    return dotted(call.func) not in {"len", "bool", "isinstance", "print", "str", "repr"}


class _Writes:
    """Which functions write tables."""

    def __init__(self, project: Project) -> None:
        self._project = project
        self._known: dict[str, str] = {}

    def at(self, load: Load) -> str | None:
        """What writes the rows: the function that loads them, one that it hands them to, or one that it was called by."""
        for use in self._project.loads.uses(load):
            parent = use.parent
            if isinstance(parent, Call):
                for target in self._project.calls.targets(parent, load.function):
                    if self.of(target):
                        return self.of(target)
        goes_on = any(isinstance(use.parent, (Call, Comp, For)) for use in self._project.loads.uses(load))
        return self.of(load.function) if goes_on and self.of(load.function) else None

    def relationships(self) -> Iterator[tuple[FunctionInfo, Reach, Site, Relationship]]:
        """Collections of one row that a function hands on or goes through where it writes a table."""
        for function in self._project.functions:
            if self._project.jobs.runs(function) is None or not self.of(function):
                continue
            flow = self._project.loads.flow(function)
            for site in function.sites:
                node = site.node
                if not isinstance(node, Attr) or site.loops:
                    continue
                owner = self._project.types.type_of(node.value, function)
                if owner.kind != "instance" or owner.name not in self._project.models.all:
                    continue
                relation = self._project.models.relationship(owner.name, node.attr)
                if relation is None or not relation.many or relation.lazy in {"dynamic", "write_only"}:
                    continue
                parent = flow.parent(node)
                if (isinstance(parent, Call) and _is_handed_on(parent)) or isinstance(parent, (Comp, For)):
                    reach = self._project.jobs.runs(function, site)
                    if reach is not None:
                        yield function, reach, site, relation

    def of(self, function: FunctionInfo) -> str:
        """The name of what a function writes a table with."""
        if function.qualname not in self._known:
            self._known[function.qualname] = next(self._writers(function), "")
        return self._known[function.qualname]

    def _writers(self, function: FunctionInfo) -> Iterator[str]:
        for inner in (function, *function.nested.values()):
            for site in inner.calls:
                assert isinstance(site.node, Call)
                name = self._project.types.type_of(site.node.func, inner).name
                if name in _WRITERS:
                    yield name
                kind = site.node.keyword("media_type")
                if (
                    name.endswith(_STREAMS)
                    and isinstance(kind, Const)
                    and str(kind.value).startswith(_TABLES)
                ):
                    yield name.rpartition(".")[2]
