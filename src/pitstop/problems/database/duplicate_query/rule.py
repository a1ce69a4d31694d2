"""The same row, or the same rows, read twice on the way of one request."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from pitstop.data import Confidence, Finding, Impact, Severity, SourceEvidence
from pitstop.problems.database.duplicate_query.changes import Between
from pitstop.problems.database.duplicate_query.lookups import Lookup, Lookups, returns_before
from pitstop.problems.database.duplicate_query.requests import InRequest, requests
from pitstop.problems.findings import make, merge_places, path_of, route_names
from pitstop.project.calls import Reach
from pitstop.project.doubt import weigh
from pitstop.project.facts import Attr, Call, Op

if TYPE_CHECKING:
    from pitstop.project import Project
    from pitstop.project.model import FunctionInfo
    from pitstop.project.sites import Site

_IMPACT = Impact(text="one statement and one wait for the database less in each request")
_MANY_ROUTES = 5


@dataclass(frozen=True, slots=True)
class Match:
    """Two reads of one request, of which the second can be spared."""

    finding: Finding
    first: Lookup
    second: Lookup


def find(project: Project) -> list[Finding]:
    """One finding for each place that reads again what the request has read."""
    return merge_places(match.finding for match in matches(project))


def matches(project: Project) -> Iterator[Match]:
    """The pairs of reads, for the fix as well."""
    if not project.models.all:
        return
    lookups, between = Lookups(project), Between(project)
    yield from _in_functions(project, lookups, between)
    yield from _in_requests(project, lookups, between)


# --- within a function and what it calls ---------------------------------------------------------------------------


def _in_functions(project: Project, lookups: Lookups, between: Between) -> Iterator[Match]:
    for function in project.functions:
        if project.calls.reach(function) is None:
            continue
        told: set[int] = set()
        found = lookups.of(function)
        for second in found:
            if second.site.node.at in told:
                continue
            first = next(
                (f for f in found if _is_again(f, second) and not between.same_function(f, second)), None
            )
            reach = project.calls.reach(function, second.site)
            if first is not None and reach is not None and not _meet_below(first, second):
                told.add(second.site.node.at)
                yield Match(_twice(function, reach, first, second), first, second)


def _is_again(first: Lookup, second: Lookup) -> bool:
    return (
        first.site.node.at < second.site.node.at
        and first.key == second.key
        and is_certain(first)
        and is_told(second)
        and sends(first, second)
        and second.options <= first.options
    )


def _meet_below(first: Lookup, second: Lookup) -> bool:
    """Whether it is one call that leads to both: the function called tells of it."""
    return first.site is second.site


def is_certain(lookup: Lookup) -> bool:
    """Whether a read is made whenever the function that it is told of comes to the place."""
    return all(
        not (s.site.conditional or s.site.rescue or s.site.in_lambda or s.site.loops) for s in lookup.steps
    ) and not any(returns_before(s) for s in lookup.steps[1:])


def is_told(lookup: Lookup) -> bool:
    """Whether a read stands on a way without errors and loops, and not where the row is not at hand."""
    return not any(
        s.site.rescue or s.site.in_lambda or s.site.loops or _fills_in(s.site) for s in lookup.steps
    )


def _fills_in(site: Site) -> bool:
    """`row or load()`, `if row is None: row = load()`."""
    if not site.conditional:
        return False
    return not site.guards or any(
        isinstance(g, Op) and g.op in {"Not", "Is", "And", "Or"} for g in site.guards
    )


def sends(first: Lookup, second: Lookup) -> bool:
    """Whether the second sends a statement that could be saved.

    A session hands out by key what it has loaded itself. Who opens a session beside the one handed over has a reason.
    """
    if first.own_session != second.own_session:
        return False
    if second.query.method not in {"get", "get_one"}:
        return True
    return second.own_session and (first.session is None or first.session != second.session)


def _twice(function: FunctionInfo, reach: Reach, first: Lookup, second: Lookup) -> Finding:
    routes = route_names(reach)
    severity: Severity = "medium" if len(routes) >= _MANY_ROUTES else "low"
    confidence: Confidence = "likely"
    confidence, severity, why = weigh(reach, second.steps, confidence, severity, doubts=_doubts(second))
    reader = second.steps[1].function if len(second.steps) > 1 else function
    return make(
        problem="duplicate-query",
        domain="database",
        severity=severity,
        confidence=confidence,
        message=_message(_call(second), second, _call(first)),
        module=function.module,
        owner=function.qualname,
        node=second.site.node,
        identity=(reader.qualname, f"{first.query.function.qualname} {_what(second)}"),
        routes=routes,
        call_path=path_of(reach, second.steps),
        evidence=(
            _evidence(
                f"{_call(first)} in line {first.site.node.line} has read it, and nothing changes it in between",
                why,
                first,
                second,
            ),
        ),
        impact=_IMPACT,
        fix_class="proved",
    )


def _evidence(told: str, why: str, first: Lookup, second: Lookup) -> SourceEvidence:
    places = tuple(dict.fromkeys(s.location for s in (*first.steps, *second.steps)))
    return SourceEvidence(text=told + (f"; but {why}" if why else ""), locations=places)


def _doubts(second: Lookup) -> list[str]:
    doubts = []
    if any(s.site.conditional for s in second.steps) or any(returns_before(s) for s in second.steps[1:]):
        doubts.append("a branch decides whether the second is made")
    return doubts


def _message(who: str, second: Lookup, before: str) -> str:
    if who == before and not second.is_row:
        return f"{who} runs twice{' for the same values' if second.key[1] else ''}, and sends what it reads once more"
    return f"{who} sends one more statement for {_what(second)}, which {before} has just read"


def _what(lookup: Lookup) -> str:
    name, values = lookup.key
    if lookup.is_row:
        columns = ", ".join(column for column, _ in values)
        return f"the `{name.rpartition('.')[2]}` row with this `{columns}`"
    return f"what `{lookup.query.function.name}` gives{' for the same values' if values else ''}"


def _call(lookup: Lookup) -> str:
    call = lookup.site.node
    assert isinstance(call, Call)
    name = call.func.attr if isinstance(call.func, Attr) else getattr(call.func, "id", "")
    return f"`{name}`"


# --- between dependencies and handlers ------------------------------------------------------------------------------


def _in_requests(project: Project, lookups: Lookups, between: Between) -> Iterator[Match]:
    for request in requests(project, lookups):
        for position, (_, second) in enumerate(request.reads):
            if not is_told(second):
                continue
            first = next((f for f in request.before(position) if _is_read_by(f, second)), None)
            first = first or request.in_hand(position)
            if first is not None and not _changed(request, first, second, between):
                yield Match(_between_entries(request, first, second), first, second)
                break


def _is_read_by(first: Lookup, second: Lookup) -> bool:
    return (
        first.key == second.key
        and is_certain(first)
        and not returns_before(first.steps[0])
        and sends(first, second)
        and second.options <= first.options
    )


def _changed(request: InRequest, first: Lookup, second: Lookup, between: Between) -> bool:
    if between.after(first, whole=True) or between.before(second, whole=True):
        return True
    order = [e.function for e in request.entries]
    start, end = order.index(first.steps[0].function), order.index(second.steps[0].function)
    return any(between.anywhere(f) for f in order[start + 1 : end] if not f.yields)


def _between_entries(request: InRequest, first: Lookup, second: Lookup) -> Finding:
    function, before = second.steps[0].function, first.steps[0].function
    reach = Reach("loop" if function.is_async else "thread", (request.route,), ())
    confidence, severity, why = weigh(reach, second.steps, "likely", "medium", doubts=_doubts(second))
    told = f"`{before.name}` runs before `{function.name}` and reads it for the same value"
    return make(
        problem="duplicate-query",
        domain="database",
        severity=severity,
        confidence=confidence,
        message=_message(f"`{function.name}`", second, f"the dependency `{before.name}`"),
        module=function.module,
        owner=function.qualname,
        node=second.site.node,
        identity=(before.qualname, f"{function.module.name} {_what(second)}"),
        routes=(request.route.name,),
        call_path=path_of(reach, second.steps),
        evidence=(_evidence(told, why, first, second),),
        impact=_IMPACT,
        fix_class="proved",
    )
