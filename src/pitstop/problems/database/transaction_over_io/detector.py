"""Outbound calls between a transaction's first statement and its end."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from pitstop.data import Finding, Severity
from pitstop.problems.database.transaction_over_io.rule import IMPACT, find
from pitstop.problems.findings import make
from pitstop.problems.measured import Group, confirmed, covers
from pitstop.problems.timelines import ENDING, READING, WRITING, Span, Timeline, nearest_common, timelines

if TYPE_CHECKING:
    from pitstop.project import Project
    from pitstop.traces.records import Frame
    from pitstop.traces.store import Traces

_NOTICED_MS = 5.0
"""A shorter call is a stand-in, or a neighbour's answer from memory."""
_SAID = (
    "{route} waited {ms} ms {within} for this call while the transaction was open that this statement began"
)
_BESIDE = re.compile(
    r"AUTOCOMMIT|^\s*(?:import|from) +(?:aiosqlite|asyncpg|psycopg2?|sqlite3)\b", re.MULTILINE
)
"""Where statements may be sent outside of transactions, what stands between two of them is in none for certain."""

_Key = tuple[str, "tuple[Frame, ...]", "tuple[Frame, ...]", int]
"""The route, the places of the call and of the first statement, and the shape of that."""


def detect(traces: Traces, project: Project) -> Iterator[Finding]:
    """The findings whose calls were seen within a transaction, and further such calls that took some time."""
    found = find(project)
    groups: dict[_Key, tuple[Group, Span, bool]] = {}
    asked = "count(*) FILTER (\"url.full\" <> '') > 0 AND count(*) FILTER (\"db.operation.name\" IN ('COMMIT', 'ROLLBACK', 'RELEASE')) > 0"
    for timeline in timelines(traces, asked):
        held: dict[_Key, list[Span]] = {}
        for begun, call, writes in _held(timeline):
            key = (timeline.route, call.frames, begun.frames, begun.shape)
            held.setdefault(key, []).append(call)
            groups.setdefault(key, (Group(timeline.route, call.frames, begun.text), begun, writes))
        for key, calls in held.items():
            groups[key][0].counts.append(len(calls))
            groups[key][0].nanoseconds.append(sum(call.end - call.start for call in calls))
    told: set[int] = set()
    for finding in found:
        places = (finding.location, *finding.places)
        there = [g for g, _, _ in groups.values() if any(covers(place, g.frames) for place in places)]
        told |= {id(group) for group in there}
        yield from confirmed(finding, there, "calls", _SAID)
    if any(_BESIDE.search(module.source.text) for module in project.index.by_path.values()):
        return
    for group, begun, writes in groups.values():
        if id(group) not in told and group.worst_ms >= _NOTICED_MS:
            yield from _unread(project, group, begun, writes=writes)


def _held(timeline: Timeline) -> Iterator[tuple[Span, Span, bool]]:
    """The first statement of each transaction with a call made within it, and whether rows had been written by then.

    Only transactions whose end was seen count: a session of a test's own outlives the request.
    """
    begun: Span | None = None
    writes = False
    busy = 0
    waiting: list[tuple[Span, Span, bool]] = []
    for span in timeline.spans:
        if span.kind == "statement" and span.operation in ENDING:
            yield from (each for each in waiting if each[1].end <= span.start)
            begun, writes, waiting = None, False, []
        elif span.kind == "statement" and span.operation in READING | WRITING:
            begun = begun or span
            writes = writes or span.operation in WRITING
            busy = max(busy, span.end)
        elif span.kind == "call" and begun is not None and span.start >= busy:
            waiting.append((begun, span, writes))


def _unread(project: Project, group: Group, begun: Span, *, writes: bool) -> Iterator[Finding]:
    """A finding that reading the code did not give, at the call in the function that sent the statement too, or in the handler."""
    place = nearest_common(project, group.frames, begun.frames)
    if place is None:
        return
    function, site = place
    severity: Severity = "high" if writes else "medium"
    kept = "the rows it changed stay locked" if writes else "its connection is lost to others"
    finding = make(
        problem="transaction-over-io",
        domain="database",
        severity=severity,
        confidence="certain",
        message=f"`{function.name}` waits for another server while a transaction is open: {kept} meanwhile",
        module=function.module,
        owner=function.qualname,
        node=site.node,
        routes=(group.route,),
        impact=IMPACT,
        fix_class="decide",
    )
    yield from confirmed(finding, (group,), "calls", _SAID)
