"""What grows with the data: the same requests at two sizes of it, seen beside each other."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

import msgspec

from pitstop.data import Evidence, Finding, Severity, Skipped, TraceEvidence
from pitstop.problems import Problem
from pitstop.problems.findings import make
from pitstop.problems.measured import Group, covers, repeated_statements, statements
from pitstop.traces.fingerprint import fingerprint

if TYPE_CHECKING:
    from pitstop.project import Project
    from pitstop.project.model import FunctionInfo
    from pitstop.project.sites import Site
    from pitstop.traces.store import Traces

_COUNTED = frozenset({"statements", "rows", "calls", "commits"})
_GROWN = 2.0
"""Ten times the rows, and at least so many times the count: a page that was not full before is none."""
_FEWEST = 10
_MANY = 50
_LOOP = "n-plus-one-loop"


def with_growth(
    found: Iterable[Finding], small: Traces, project: Project, problems: Iterable[Problem], rows: int
) -> tuple[list[Finding], list[Skipped]]:
    """What was found with the larger data, each count beside that with `rows` rows a table."""
    before: dict[tuple[str, str], float] = {}
    skipped: list[Skipped] = []
    for problem in problems:
        if problem.detector is None:
            continue
        try:
            for finding in problem.detector(small, project):
                for evidence in finding.evidence:
                    if isinstance(evidence, TraceEvidence) and (count := _count(evidence)) is not None:
                        key = (finding.id, evidence.route)
                        before[key] = max(count, before.get(key, 0))
        except Exception as error:  # a fault of one detector must not cost what the others found
            reason = f"a fault of pitstop's own: {type(error).__name__}: {error}"
            skipped.append(Skipped(stage="measure", subject=f"{problem.name} with fewer rows", reason=reason))
    return [_beside(finding, before, rows) for finding in found], skipped


def _beside(finding: Finding, before: dict[tuple[str, str], float], rows: int) -> Finding:
    evidence: list[Evidence] = []
    for each in finding.evidence:
        count = _count(each) if isinstance(each, TraceEvidence) else None
        fewer = before.get((finding.id, each.route)) if isinstance(each, TraceEvidence) else None
        if isinstance(each, TraceEvidence) and count is not None and fewer is not None:
            said = (
                f"{fewer:,.0f}"
                if count >= _GROWN * fewer
                else "about as many"
                if count != fewer
                else "as many"
            )
            each = msgspec.structs.replace(each, text=f"{each.text}; {said} with {rows:,} rows a table")
        evidence.append(each)
    return msgspec.structs.replace(finding, evidence=tuple(evidence))


def _count(evidence: TraceEvidence) -> float | None:
    return next((value for name, value in evidence.figures.items() if name in _COUNTED), None)


def unseen(
    found: Iterable[Finding], small: Traces, large: Traces, project: Project, sizes: tuple[int, int]
) -> Iterator[Finding]:
    """Statements that are sent for each row, as their number shows, where reading the code showed nothing.

    One for each place, told at the innermost line of the service's that stands in a loop, else at that which sends it.
    """
    known = [place for finding in found for place in (finding.location, *finding.places)]
    fewer: dict[tuple[str, object, str], int] = {}
    for group in statements(small):
        fewer[_key(group)] = max(group.most, fewer.get(_key(group), 0))
    told: dict[str, Finding] = {}
    for group in sorted(repeated_statements(large, _FEWEST), key=lambda group: -group.most):
        before = fewer.get(_key(group), 0)
        if group.most < _GROWN * before or any(covers(place, group.frames) for place in known):
            continue
        place = _place(project, group)
        if place is not None:
            finding = _finding(group, before, *place, sizes)
            told.setdefault(finding.id, finding)
    yield from told.values()


def _key(group: Group) -> tuple[str, object, str]:
    # The example of a shape is another one in each run: only its list of values may be longer.
    return group.route, group.frames, fingerprint(group.text, "")


def _place(project: Project, group: Group) -> tuple[FunctionInfo, Site] | None:
    places: list[tuple[FunctionInfo, Site]] = []
    for frame in group.frames:
        function = project.function_at(frame.path, frame.line)
        if function is None:
            continue
        for site in function.calls or function.sites:
            if site.node.span[0] <= frame.line <= site.node.span[2]:
                places.append((function, site))
                break
    return next((place for place in places if place[1].loops), places[0] if places else None)


def _finding(
    group: Group, before: int, function: FunctionInfo, site: Site, sizes: tuple[int, int]
) -> Finding:
    severity: Severity = "high" if group.most >= _MANY else "medium"
    small, large = sizes
    said = (
        f"{group.route} sent this statement {group.most} times {group.within} ({group.worst_ms:.1f} ms) with {large:,} rows a "
        f"table, and {before} times with {small:,}"
    )
    figures = {"statements": float(group.most), "duration_ms": round(group.worst_ms, 3)}
    return make(
        problem=_LOOP,
        domain="database",
        severity=severity,
        confidence="certain",
        message=f"`{function.name}` sends one statement for each row: their number grows with the data",
        module=function.module,
        owner=function.qualname,
        node=site.node,
        routes=(group.route,),
        evidence=(
            TraceEvidence(
                text=said, figures=figures, statement=" ".join(group.text.split()), route=group.route
            ),
        ),
        fix_class="decide",
    )
