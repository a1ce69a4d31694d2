"""Middleware that queries, calls or reads whole bodies for each request, also for those that need none of it."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from pitstop.data import Confidence, Finding, SourceEvidence
from pitstop.problems.findings import make, merge_places
from pitstop.project.calls import Step
from pitstop.project.facts import Attr, Call, If, Raise, Return
from pitstop.project.model import FunctionInfo
from pitstop.project.sites import Site, walk
from pitstop.project.traits import is_memoised

if TYPE_CHECKING:
    from pitstop.project import Project
    from pitstop.project.middleware import Middleware

_CHOOSES = re.compile(
    r"\.path\b|\burl\b|scope\s*\[\s*[\"']path|exempt|skip|exclude|whitelist|allowlist|\.method\b|cache|ttl|sampl",
    re.IGNORECASE,
)
_WATCHED = re.compile(
    r"(?:^|/)(?:health\w*|live\w*|ready\w*|readiness|ping|metrics|heartbeat|status|version)/?$", re.IGNORECASE
)
_BODIES = {"body", "json", "form"}
_UPLOADS = {"fastapi.UploadFile", "fastapi.datastructures.UploadFile", "starlette.datastructures.UploadFile"}


def find(project: Project) -> list[Finding]:
    """One finding for each middleware that works on every request alike."""
    return merge_places(_find(project))


def _find(project: Project) -> Iterator[Finding]:
    for middleware in project.middleware.all:
        if middleware.function is None or middleware.conditional:
            continue
        for steps, what in _works(project, middleware.function):
            if all(_runs_always(step) for step in steps):
                finding = _finding(project, middleware, steps, what)
                if finding is not None:
                    yield finding
                break


def _works(project: Project, function: FunctionInfo) -> Iterator[tuple[tuple[Step, ...], str]]:
    """The ways from a middleware to what costs, dearest first, with what that is: `asks the database`."""
    wait = project.waits.below(function, always=True)
    if wait is not None:
        yield wait[0], "asks another server"
    query = project.queries.find(function)
    if query is not None:
        yield query[0], "asks the database"
    for site in function.calls:
        if _reads_body(project, function, site):
            yield (Step(function, site),), "reads the whole body"


def _reads_body(project: Project, function: FunctionInfo, site: Site) -> bool:
    call = site.node
    if not (isinstance(call, Call) and isinstance(call.func, Attr)):
        return False
    if call.func.attr not in _BODIES or not site.awaited or call.args:
        return False
    return project.types.type_of(call.func.value, function).name == "fastapi.Request"


def _runs_always(step: Step) -> bool:
    """Whether nothing in a function decides, before the site, that it is not needed."""
    function, site = step.function, step.site
    if site.conditional or site.rescue or is_memoised(function):
        return False
    if _CHOOSES.search(function.module.text(function.node)):
        return False
    return not any(
        isinstance(statement, If)
        and statement.line < site.node.line
        and any(isinstance(inner, (Return, Raise)) for inner in walk((*statement.body, *statement.orelse)))
        for statement in function.statements
    )


def _finding(project: Project, middleware: Middleware, steps: Sequence[Step], what: str) -> Finding | None:
    if what.startswith("reads"):
        for_whom = _first_upload(project)
        if not for_whom:
            # Where all bodies are small and read by their routes as well, it costs nothing.
            return None
        cost = f"an upload to `{for_whom}` is held in memory before its route begins"
    else:
        for_whom = _first_watched(project)
        cost = f"also for `{for_whom}`" if for_whom else "also for preflights and for paths that do not exist"
    confidence: Confidence = "likely" if for_whom else "possible"
    last = steps[-1]
    return make(
        problem="middleware-works-for-everyone",
        domain="middleware",
        severity="medium" if for_whom else "low",
        confidence=confidence,
        message=f"`{middleware.last_name}` {what} on every request: {cost}",
        module=last.function.module,
        owner=last.function.qualname,
        node=last.site.node,
        identity=(middleware.name, what),
        routes=(middleware.route,),
        call_path=tuple(step.location for step in steps),
        evidence=(
            SourceEvidence(
                text="no test of the path or of anything else stands between the request and this",
                locations=(middleware.module.location(middleware.node, middleware.owner), last.location),
            ),
        ),
        fix_class="decide",
    )


def _first_watched(project: Project) -> str:
    """A route that probes and monitors call all the time."""
    return next((r.name for r in project.routes.all if r.kind == "route" and _WATCHED.search(r.path)), "")


def _first_upload(project: Project) -> str:
    """A route that takes files, which its framework would keep on disk."""
    for route in project.routes.all:
        if route.kind != "route":
            continue
        types = [project.types.parameter(p, route.function) for p in route.function.node.parameters]
        if any(_UPLOADS & {t.name, *(inner.name for inner in t.args)} for t in types):
            return route.name
    return ""
