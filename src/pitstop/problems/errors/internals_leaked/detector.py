"""Answers that held a traceback, a statement of SQL or the text of a driver's error."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator
from typing import TYPE_CHECKING

import msgspec

from pitstop.data import Finding, TraceEvidence
from pitstop.problems.errors.internals_leaked.rule import find
from pitstop.problems.exchanges import Request, handler_of, requests, told_at

if TYPE_CHECKING:
    from pitstop.project import Project
    from pitstop.project.model import FunctionInfo
    from pitstop.traces.store import Traces

_LEAKS = (
    (
        "a traceback",
        re.compile(rb'Traceback \(most recent call last\)|File \\?"[^"\n]{1,300}\.py\\?", line \d+'),
    ),
    ("a statement of SQL", re.compile(rb"\[SQL: |\[parameters: ")),
    (
        "the text of a driver's error",
        re.compile(
            rb"\((?:psycopg2?|sqlite3|asyncpg|pymysql|MySQLdb|sqlalchemy)[\w.]*\.[\w.]*(?:Error|Violation|Exception)\)|https://sqlalche\.me/e/"
        ),
    ),
)
"""SQLAlchemy puts the statement, its values, the driver's class and a link to its documentation into the texts of its errors."""


def detect(traces: Traces, project: Project) -> Iterator[Finding]:
    """One finding for each place, or route where the place is not known, whose answers to errors held such a thing."""
    leaks: dict[str, list[tuple[Request, str]]] = defaultdict(list)
    for request in requests(traces):
        what = _leak(request)
        if what:
            leaks[request.exchange.endpoint].append((request, what))
    read = list(find(project))
    told: dict[str, Finding] = {}
    for route, there in leaks.items():
        finding = _finding(project, read, route, there)
        if finding is not None:
            known = told.get(finding.id)
            evidence = (*known.evidence, *finding.evidence) if known is not None else finding.evidence
            routes = tuple(dict.fromkeys((*(known.routes if known is not None else ()), *finding.routes)))
            told[finding.id] = msgspec.structs.replace(finding, evidence=evidence, routes=routes)
    yield from told.values()


def _leak(request: Request) -> str:
    exchange = request.exchange
    if exchange.status < 400:
        return ""
    is_json = "json" in request.answered("content-type")
    if exchange.error and not is_json:
        return ""  # Starlette's page for whoever debugs, which `debug-in-production` tells of
    body = request.body() or b""
    sent = exchange.request_body.content
    # What a caller sent is told back to it by a refusal of the input.
    found = ((what, pattern.search(body)) for what, pattern in _LEAKS)
    return next((what for what, match in found if match is not None and match[0] not in sent), "")


def _finding(
    project: Project, read: list[Finding], route: str, there: list[tuple[Request, str]]
) -> Finding | None:
    first, what = there[0]
    evidence = (
        TraceEvidence(
            text=f"`{first.asked}` was answered {first.exchange.status} with {what} in the body"
            + (f", and so were {len(there) - 1} more" if len(there) > 1 else ""),
            figures={"requests": float(len(there))},
            route=route,
        ),
    )
    known = [finding for finding in read if route in finding.routes]
    if len(known) == 1:
        return msgspec.structs.replace(known[0], evidence=evidence, confidence="certain")
    function = _answering(project, first)
    if function is None:
        return None
    return told_at(
        function,
        problem="internals-leaked",
        domain="errors",
        severity="medium",
        message=f"{route} answers errors with {what}, which is told to whoever asks",
        evidence=evidence,
    )


def _answering(project: Project, request: Request) -> FunctionInfo | None:
    """The handler of all errors, if what happened left the route and there is one of them; else the route's own."""
    if request.exchange.error:
        handlers = {
            each.function.qualname: each.function for each in project.routes.all if each.kind == "handler"
        }
        return next(iter(handlers.values())) if len(handlers) == 1 else None
    return handler_of(project, request.exchange.endpoint)
