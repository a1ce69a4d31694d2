"""Statements and calls that a middleware sent for requests which need none: probes, documentation, static files."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator
from typing import TYPE_CHECKING

import msgspec

from pitstop.data import Finding, TraceEvidence
from pitstop.problems.exchanges import FOR_MACHINES, Request, requests
from pitstop.problems.findings import make
from pitstop.problems.middleware.middleware_works_for_everyone.rule import find

if TYPE_CHECKING:
    from pitstop.project import Project
    from pitstop.project.middleware import Middleware
    from pitstop.project.sites import Site
    from pitstop.traces.records import Frame
    from pitstop.traces.store import Traces

_DOCUMENTS = re.compile(r"^/(?:docs|redoc|openapi\.json|favicon\.ico|robots\.txt|static/.*)$")
_HANDS_ON = re.compile(r"\bcall_next\(|\breceive\b")
"""How a middleware calls what stands behind it: `call_next(request)`, or `self.app(scope, receive, send)`."""
_OF_TRANSACTIONS = frozenset({"BEGIN", "COMMIT", "ROLLBACK", "SAVEPOINT", "RELEASE", "SET", "PRAGMA"})


def detect(traces: Traces, project: Project) -> Iterator[Finding]:
    """One finding for each place in a middleware that asks a database or another server for such requests."""
    working = {each.function.qualname: each for each in project.middleware.all if each.function is not None}
    sent: dict[tuple[Frame, ...], list[tuple[Request, str, int]]] = defaultdict(list)
    for request in requests(traces):
        if _needs_nothing(request):
            for stack, what, took in _sent(request):
                sent[request.frames(stack)].append((request, what, took))
    read = {finding.location: finding for finding in find(project)}
    told: set[str] = set()
    for frames, there in sent.items():
        found = _middleware(project, working, frames)
        if found is not None:
            finding = _finding(*found, there)
            known = next((each for place, each in read.items() if place == finding.location), None)
            if known is not None:
                finding = msgspec.structs.replace(known, evidence=finding.evidence)
            if finding.id not in told:
                told.add(finding.id)
                yield finding


def _needs_nothing(request: Request) -> bool:
    """Whether probes ask this all the time, or it is the same for everyone."""
    exchange = request.exchange
    answered = 0 < exchange.status < 400
    return answered and bool(FOR_MACHINES.search(exchange.path) or _DOCUMENTS.search(exchange.path))


def _sent(request: Request) -> Iterator[tuple[int, str, int]]:
    exchange = request.exchange
    for statement in exchange.statements:
        if statement.operation not in _OF_TRANSACTIONS:
            yield statement.stack, "statement", statement.duration_ns
    for call in exchange.calls:
        yield call.stack, "call to another server", call.duration_ns


def _middleware(
    project: Project, working: dict[str, Middleware], frames: tuple[Frame, ...]
) -> tuple[Middleware, Site] | None:
    """The middleware that sent something, with the call in it that leads down to it; None where it was what stands behind it."""
    for frame in frames:
        function = project.function_at(frame.path, frame.line)
        middleware = working.get(function.qualname) if function is not None else None
        if function is None or middleware is None:
            continue
        sites = [site for site in function.calls if site.node.span[0] <= frame.line <= site.node.span[2]]
        site = max(sites, key=lambda site: (site.awaited, -site.node.span[1]), default=None)
        is_handed_on = site is None or _HANDS_ON.search(function.module.text(site.node)) is not None
        return None if is_handed_on or site is None else (middleware, site)
    return None


def _finding(middleware: Middleware, site: Site, there: list[tuple[Request, str, int]]) -> Finding:
    function = middleware.function
    assert function is not None
    asked = list(dict.fromkeys(request.asked for request, _, _ in there))
    what = there[0][1]
    longest = max(took for _, _, took in there) / 1e6
    said = ", ".join(f"`{each}`" for each in asked[:3])
    return make(
        problem="middleware-works-for-everyone",
        domain="middleware",
        severity="medium",
        confidence="certain",
        message=f"`{middleware.last_name}` sends a {what} for requests that need none, such as `{asked[0]}`",
        module=function.module,
        owner=function.qualname,
        node=site.node,
        routes=(middleware.route,),
        evidence=(
            TraceEvidence(
                text=f"{len(there)} times a {what} was sent from here for {said}: up to {longest:.1f} ms",
                figures={"requests": float(len(asked)), "duration_ms": round(longest, 3)},
                route=there[0][0].exchange.endpoint,
            ),
        ),
        fix_class="decide",
    )
