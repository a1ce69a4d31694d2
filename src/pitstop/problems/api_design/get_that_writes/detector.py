"""Handlers that wrote rows, and committed them, to answer GET or HEAD."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from pitstop.data import Finding, Option, TraceEvidence
from pitstop.problems.exchanges import FOR_MACHINES, Request, handler_of, requests, told_at

if TYPE_CHECKING:
    from pitstop.project import Project
    from pitstop.project.model import FunctionInfo
    from pitstop.traces.records import Statement
    from pitstop.traces.store import Traces

_VERBS = {"INSERT": "adds to", "UPDATE": "changes", "DELETE": "deletes from"}
_ENDING = frozenset({"COMMIT", "RELEASE"})
_READING = frozenset({"SELECT", "WITH"})
_TARGET = re.compile(
    r"\s*(?:INSERT\s+INTO|UPDATE|DELETE\s+FROM)\s+(?:ONLY\s+)?([\w.\"`\[\]$]+)", re.IGNORECASE
)
_SET = re.compile(r"\bSET\s+(.*?)(?:\s+(?:WHERE|FROM|RETURNING)\b|$)", re.IGNORECASE | re.DOTALL)
_COLUMN = re.compile(r"(?:^|,)\s*[\"`\[]?(?:\w+\.)?(\w+)[\"`\]]?\s*=")
_WORD = re.compile(r"[A-Z]?[a-z]+|[A-Z]+(?![a-z])|\d+")
_COMPARED = re.compile(r"\bWHERE\b.*[<>]", re.IGNORECASE | re.DOTALL)
_ABOUT_ASKING = re.compile(
    r"(?:access|activit(?:y|ie)|analytic|attempt|audit|cached?|call|challenge|check(?:ed|out)?|click(?:ed)?|code|count(?:er)?"
    r"|deliver(?:ed|y|ie)|download(?:ed)?|etag|event|expir(?:e|ed|y)|fetched|heartbeat|histor(?:y|ie)|hit|impression|jti|job|key|last"
    r"|limit|lock|log(?:ged|in)?|metric|modified|nonce|noti(?:fication|fied)|online|opened|otp|outbox|pending|ping|play|polled|progress"
    r"|queue|quota|rate|read|refresh(?:ed)?|request|result|run|search|seen|session|shown|sid|stat|state|statistic|status|sync(?:ed)?"
    r"|task|telemetry|throttle|ticket|token|trac(?:e|king)|updated|usage|used?|view(?:ed)?|visit(?:ed)?)(?:e?s)?"
)
"""Words of the names of what is kept about being asked, or about what goes on anyway: whoever looks at it again changes nothing else."""
_BY_LINK = re.compile(
    r"(?i)accept|activat|auth|callback|confirm|invit|log[-_]?(?:in|out)|magic|opt[-_]?(?:in|out)|redirect|refresh|reset|sign[-_]?(?:in|out|up)"
    r"|sso|sync|token|track|unsubscribe|verif|webhook"
)
"""Paths of links in mails and of what other servers send a browser to, which can only be GET, and of what is said to write."""
_OPTIONS = (
    Option(name="method", text="make it POST, PUT, PATCH or DELETE, and the callers with it"),
    Option(
        name="beside",
        text="keep GET and leave the writing out of it: to a job, or to whoever changes the data that it follows from",
    ),
)


@dataclass(frozen=True, slots=True)
class _Write:
    request: Request
    statement: Statement
    table: str

    @property
    def said(self) -> str:
        return f"{_VERBS[self.statement.operation]} `{self.table}`"


def detect(traces: Traces, project: Project) -> Iterator[Finding]:
    """One finding for each such handler."""
    handlers: dict[str, FunctionInfo | None] = {}
    writes: dict[str, list[_Write]] = defaultdict(list)
    idle: set[object] = set()
    for request in requests(traces):
        exchange = request.exchange
        route = exchange.endpoint
        if not _only_asks(request):
            continue
        if route not in handlers:
            handlers[route] = handler_of(project, route)
        handler = handlers[route]
        there = list(_writes(request, project, handler)) if handler is not None else []
        writes[route] += there
        if not there:
            idle.add(_asked(request))
    for route, there in writes.items():
        handler = handlers[route]
        # Who asks again and finds it done has only filled in what was missing.
        lasting = [write for write in there if _asked(write.request) not in idle]
        if handler is not None and lasting:
            said = sorted({write.said for write in lasting})
            yield told_at(
                handler,
                problem="get-that-writes",
                domain="api-design",
                severity="medium",
                # Whether it is what callers expect is not recorded.
                confidence="likely",
                message=f"`{handler.name}` {' and '.join(said)} to answer {route}",
                evidence=tuple(_evidence(route, what, lasting) for what in said),
                options=_OPTIONS,
            )


def _only_asks(request: Request) -> bool:
    exchange = request.exchange
    return (
        exchange.method in ("GET", "HEAD")
        and 200 <= exchange.status < 300
        and bool(exchange.route)
        and not _BY_LINK.search(exchange.route)
        and not FOR_MACHINES.search(exchange.route)
    )


def _asked(request: Request) -> object:
    exchange = request.exchange
    return id(request.run), exchange.test, exchange.method, exchange.path, exchange.query


def _writes(request: Request, project: Project, handler: FunctionInfo | None) -> Iterator[_Write]:
    """What the handler itself wrote: neither middleware nor what stands before it or comes after it."""
    exchange = request.exchange
    changed = {(operation, table) for operation, table, _, _ in exchange.changes}
    missing: list[str] = []
    ended = max((s.start_ns for s in exchange.statements if s.operation in _ENDING), default=-1)
    # What another server says is kept as it would be in a cache.
    called = min((call.start_ns for call in exchange.calls), default=ended)
    for statement in exchange.statements if changed else ():
        if statement.operation in _READING and not statement.rows:
            missing.append(statement.sql)
        table = _table(statement)
        if (statement.operation, table) not in changed or statement.start_ns > min(ended, called):
            continue
        frames = request.frames(statement.stack)
        by_handler = any(project.function_at(frame.path, frame.line) is handler for frame in frames)
        if by_handler and _is_lasting(statement, table, missing):
            yield _Write(request, statement, table)


def _table(statement: Statement) -> str:
    found = _TARGET.match(statement.sql)
    return re.sub(r"[\"`\[\]]", "", found[1]) if found is not None else ""


def _is_lasting(statement: Statement, table: str, missing: list[str]) -> bool:
    """Whether a statement changes what people come for, and not what is kept about their coming."""
    if _is_about_asking(table.rpartition(".")[2]):
        return False
    if statement.operation == "INSERT":
        # A row that was looked for and not there is made once.
        return not any(re.search(rf"\b{re.escape(table)}\b", sql) for sql in missing)
    if statement.operation == "UPDATE":
        assigned = _SET.search(statement.sql)
        columns = _COLUMN.findall(assigned[1]) if assigned is not None else []
        return not all(_is_about_asking(column) for column in columns)
    # By age it is old rows that go, whoever happens to ask.
    return not _COMPARED.search(statement.sql)


def _is_about_asking(name: str) -> bool:
    return any(_ABOUT_ASKING.fullmatch(word.lower()) for word in _WORD.findall(name))


def _evidence(route: str, said: str, writes: list[_Write]) -> TraceEvidence:
    there = [write for write in writes if write.said == said]
    first = there[0]
    count = len({write.request.position for write in there})
    times = f"{count} requests" if count > 1 else "one request"
    return TraceEvidence(
        text=f"`{first.request.asked}` {said}, and commits it ({times} of {route} did)",
        figures={"requests": float(count), "statements": float(len(there))},
        statement=" ".join(first.statement.sql.split()),
        route=route,
    )
