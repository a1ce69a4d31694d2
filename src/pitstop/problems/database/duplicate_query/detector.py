"""The same statement with the same values, sent twice in one request while nothing was written."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from pitstop.data import Finding
from pitstop.problems.database.duplicate_query.dependencies import after_dependencies
from pitstop.problems.database.duplicate_query.rule import find
from pitstop.problems.measured import Group, confirmed, covers
from pitstop.problems.timelines import READING, WRITING

if TYPE_CHECKING:
    from pitstop.project import Project
    from pitstop.traces.store import Traces

_SAID = "{route} sent this statement {count} times more with the same values {within} ({ms} ms)"
_TWICE = """
SELECT s.route_id, s.stack_id, f.example, s."pitstop.run", s."pitstop.exchange", s.fingerprint_id, s."pitstop.parameters",
       s.duration_nano, s."pitstop.test", s."db.operation.name", s."pitstop.turn"
FROM spans s JOIN examples f ON f.fingerprint_id = s.fingerprint_id AND f.stack_id = s.stack_id
WHERE (s."pitstop.run", s."pitstop.exchange", s."pitstop.turn") IN (
    SELECT ("pitstop.run", "pitstop.exchange", "pitstop.turn") FROM spans WHERE "db.operation.name" IN ('SELECT', 'WITH')
    GROUP BY "pitstop.run", "pitstop.exchange", "pitstop.turn", fingerprint_id, "pitstop.parameters" HAVING count(*) > 1
)
ORDER BY s."pitstop.run", s."pitstop.exchange", s."pitstop.turn", s."pitstop.sequence"
"""


def detect(traces: Traces, project: Project) -> Iterator[Finding]:
    """The findings at whose second place a statement was sent that the request had sent before."""
    again = _again(traces)
    known = []
    for finding in find(project):
        places = [finding.location, *finding.places]
        known += places
        there = [group for group in again if any(covers(place, group.frames) for place in places)]
        yield from confirmed(finding, there, "statements", _SAID)
    yield from after_dependencies(traces, project, known)


def _again(traces: Traces) -> list[Group]:
    """The statements that came again, by place and shape, with how often they did in each request."""
    routes: dict[int, str] = dict(traces.sql("SELECT route_id, route FROM routes"))
    found: dict[tuple[int, int, str], Group] = {}
    seen: set[tuple[int, str]] = set()
    request: tuple[int, int, int] | None = None
    counted: dict[tuple[int, int, str], list[int]] = {}

    def settle() -> None:
        for key, nanoseconds in counted.items():
            found[key].counts.append(len(nanoseconds))
            found[key].nanoseconds.append(sum(nanoseconds))
        counted.clear()

    for route, stack, text, run, exchange, shape, values, nanoseconds, test, operation, turn in traces.sql(
        _TWICE
    ):
        if (run, exchange, turn) != request:
            settle()
            request = (run, exchange, turn)
            seen.clear()
        if operation in WRITING:
            seen.clear()
        elif operation in READING:
            if (shape, values) in seen:
                key = (route, stack, text)
                if key not in found:
                    found[key] = Group(routes.get(route, ""), traces.frames(stack), text)
                if test:
                    found[key].tests.append(test)
                counted.setdefault(key, []).append(nanoseconds or 0)
            seen.add((shape, values))
    settle()
    return list(found.values())
