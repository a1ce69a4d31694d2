"""Middleware that refuse requests by themselves and were added after the CORS middleware, and so stand outside of it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

import msgspec

from pitstop.data import Confidence, Finding, SourceEvidence
from pitstop.problems.findings import make
from pitstop.project.facts import Attr, Call, Const, Expr, Name

if TYPE_CHECKING:
    from pitstop.project import Project
    from pitstop.project.middleware import Middleware

_REFUSED = range(400, 500)


def find(project: Project) -> list[Finding]:
    """One finding for each CORS middleware that refusals do not pass through."""
    return [finding for finding, _ in matches(project)]


def matches(project: Project) -> Iterator[tuple[Finding, Middleware]]:
    """Each finding with the CORS middleware that it is about."""
    for app in dict.fromkeys(m.app for m in project.middleware.all):
        stack = project.middleware.of(app)
        for position, cors in enumerate(stack):
            if cors.last_name != "CORSMiddleware":
                continue
            # Of what another function adds it is not known whether it runs earlier or later.
            outside = [m for m in stack[position + 1 :] if m.scope is cors.scope and m.name != cors.name]
            refusing = [(m, answer) for m in outside if (answer := _refusal(project, m)) is not None]
            always = [(m, answer) for m, answer in refusing if not m.conditional]
            if refusing:
                yield _finding(cors, always or refusing, sure=bool(always) and not cors.conditional), cors


def _refusal(project: Project, middleware: Middleware) -> Expr | None:
    """An answer with a status of 4xx that a middleware gives itself, other than after an error."""
    function = middleware.function
    if function is None:
        return None
    reached = [function]
    reached += [
        e.target for e in project.calls.edges(function) if e.target.owner is function.owner and function.owner
    ]
    for each in reached:
        for site in each.calls:
            call = site.node
            assert isinstance(call, Call)
            if site.rescue or not _last(call.func).endswith("Response"):
                continue
            name = project.calls.external_name(call, each)
            if name.startswith(("fastapi.", "starlette.")) and _status(call) in _REFUSED:
                return call
    return None


def _status(call: Call) -> int:
    given = call.keyword("status_code") or (call.args[1] if len(call.args) > 1 else None)
    if isinstance(given, Const) and isinstance(given.value, int):
        return given.value
    found = re.search(r"HTTP_(\d{3})_", _last(given))
    if found:
        return int(found[1])
    return {
        "UNAUTHORIZED": 401,
        "FORBIDDEN": 403,
        "TOO_MANY_REQUESTS": 429,
        "BAD_REQUEST": 400,
        "NOT_FOUND": 404,
    }.get(_last(given), 0)


def _last(expr: Expr | None) -> str:
    return expr.attr if isinstance(expr, Attr) else expr.id if isinstance(expr, Name) else ""


def _finding(cors: Middleware, refusing: list[tuple[Middleware, Expr]], *, sure: bool) -> Finding:
    names = ", ".join(dict.fromkeys(f"`{m.last_name}`" for m, _ in refusing))
    refuse = "refuses" if len(refusing) == 1 else "refuse"
    # Which of its answers a browser would have to read is not in the source.
    confidence: Confidence = "possible"
    finding = make(
        problem="middleware-order",
        domain="middleware",
        severity="medium" if sure else "low",
        confidence=confidence,
        message=f"{names} {refuse} requests outside of `CORSMiddleware`: a browser cannot read these answers, nor make the request"
        " if its preflight is refused",
        module=cors.module,
        owner=cors.owner,
        node=cors.node,
        identity=(cors.app, "CORSMiddleware"),
        routes=tuple(dict.fromkeys(m.route for m, _ in refusing)),
        evidence=(
            SourceEvidence(
                text=f"what is added last sees a request first; {names} stands outside of CORS and answers with 4xx itself"
                + ("" if sure else "; but a branch decides whether it is added"),
                locations=(
                    cors.module.location(cors.node, cors.owner),
                    *(m.function.at(answer) for m, answer in refusing if m.function is not None),
                ),
            ),
        ),
        fix_class="decide",
    )
    places = tuple(m.module.location(m.node, m.owner) for m, _ in refusing)
    return msgspec.structs.replace(finding, places=places)
