"""What traces say of a place in the source: the groups of spans that stand there, with their figures."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import msgspec

from pitstop.data import Confidence, Finding, Location, TraceEvidence

if TYPE_CHECKING:
    from pitstop.project import Project
    from pitstop.traces.records import Frame
    from pitstop.traces.store import Traces

_CONNECTION = "WEBSOCKET "
_REPEATED = """
SELECT s.route_id, s.stack_id, f.example, s."pitstop.run", s."pitstop.exchange", count(*), sum(s.duration_nano),
       min(s."pitstop.test")
FROM spans s JOIN examples f ON f.fingerprint_id = s.fingerprint_id AND f.stack_id = s.stack_id
WHERE s."db.operation.name" IN ({operations})
GROUP BY s.route_id, s.stack_id, f.example, s."pitstop.run", s."pitstop.exchange", s."pitstop.turn"
HAVING count(*) >= 3
"""
_OF_PHASE = """
SELECT s.route_id, s.stack_id, '', s."pitstop.run", s."pitstop.exchange", count(*), sum(s.duration_nano),
       min(s."pitstop.test")
FROM spans s WHERE s."pitstop.phase" = '{kind}'
GROUP BY s.route_id, s.stack_id, s."pitstop.run", s."pitstop.exchange", s."pitstop.turn"
"""


@dataclass
class Group:
    """Like spans of like requests: the same stack and shape under one route, with figures per request.

    A connection counts anew with each message that passes: what it does for one of them is as much as a request's.
    """

    route: str
    frames: tuple[Frame, ...]
    text: str = ""
    """The statement, or the name of what was built."""
    counts: list[int] = field(default_factory=list)
    nanoseconds: list[int] = field(default_factory=list)
    tests: list[str] = field(default_factory=list)

    @property
    def most(self) -> int:
        """The highest count in one request."""
        return max(self.counts, default=0)

    @property
    def worst_ms(self) -> float:
        """The longest time in one request, in milliseconds."""
        return max(self.nanoseconds, default=0) / 1e6

    @property
    def within(self) -> str:
        """In what the counts are, in words."""
        return "between two messages" if self.route.startswith(_CONNECTION) else "in one request"


def repeated_statements(traces: Traces, at_least: int = 3) -> list[Group]:
    """Reading statements sent several times in one request from the same place, by place and shape."""
    return _groups(
        traces,
        """
        SELECT s.route_id, s.stack_id, f.example, s."pitstop.run", s."pitstop.exchange", count(*), sum(s.duration_nano),
               min(s."pitstop.test")
        FROM spans s JOIN examples f ON f.fingerprint_id = s.fingerprint_id AND f.stack_id = s.stack_id
        WHERE s."db.operation.name" IN ('SELECT', 'WITH')
        GROUP BY s.route_id, s.stack_id, f.example, s."pitstop.run", s."pitstop.exchange", s."pitstop.turn"
        HAVING count(*) >= ?
        """,
        [at_least],
    )


def statements(traces: Traces) -> list[Group]:
    """All reading statements by place and shape."""
    return repeated_statements(traces, 1)


def blocks(traces: Traces) -> list[Group]:
    """Moments when the event loop stood still, by the user's stack it stood at."""
    return _groups(
        traces,
        """
        SELECT s.route_id, s.stack_id, '', s."pitstop.run", s."pitstop.exchange", count(*), sum(s.duration_nano),
               min(s."pitstop.test")
        FROM spans s WHERE s.name = 'event_loop.block'
        GROUP BY s.route_id, s.stack_id, s."pitstop.run", s."pitstop.exchange", s."pitstop.turn"
        """,
    )


def statements_on_loop(traces: Traces) -> list[Group]:
    """Statements that a synchronous driver sent from the thread of the event loop."""
    return _groups(
        traces,
        """
        SELECT s.route_id, s.stack_id, f.example, s."pitstop.run", s."pitstop.exchange", count(*), sum(s.duration_nano),
               min(s."pitstop.test")
        FROM spans s JOIN examples f ON f.fingerprint_id = s.fingerprint_id AND f.stack_id = s.stack_id
        WHERE s."pitstop.on_loop" AND s."db.operation.name" <> ''
        GROUP BY s.route_id, s.stack_id, f.example, s."pitstop.run", s."pitstop.exchange", s."pitstop.turn"
        """,
    )


def clients_built(traces: Traces) -> list[Group]:
    """HTTP clients built during requests, by place."""
    return _groups(
        traces,
        """
        SELECT s.route_id, s.stack_id, s."pitstop.client", s."pitstop.run", s."pitstop.exchange", count(*), sum(s.duration_nano),
               min(s."pitstop.test")
        FROM spans s WHERE s.name = 'http.client.build'
        GROUP BY s.route_id, s.stack_id, s."pitstop.client", s."pitstop.run", s."pitstop.exchange", s."pitstop.turn"
        """,
    )


def repeated_writes(traces: Traces) -> list[Group]:
    """Statements that write rows, sent several times in one request from the same place, by place and shape."""
    return _groups(traces, _REPEATED.format(operations="'INSERT', 'UPDATE', 'DELETE'"))


def repeated_commits(traces: Traces) -> list[Group]:
    """Transactions that one request committed several times at the same place."""
    return _groups(traces, _REPEATED.format(operations="'COMMIT'"))


def rows_read(traces: Traces) -> list[Group]:
    """Reading statements by place and shape; their counts are rows."""
    return _groups(
        traces,
        """
        SELECT s.route_id, s.stack_id, f.example, s."pitstop.run", s."pitstop.exchange",
               sum(s."db.response.returned_rows")::BIGINT, sum(s.duration_nano), min(s."pitstop.test")
        FROM spans s JOIN examples f ON f.fingerprint_id = s.fingerprint_id AND f.stack_id = s.stack_id
        WHERE s."db.operation.name" IN ('SELECT', 'WITH') AND s."db.response.returned_rows" > 0
        GROUP BY s.route_id, s.stack_id, f.example, s."pitstop.run", s."pitstop.exchange", s."pitstop.turn"
        """,
    )


def joined_rows_read(traces: Traces) -> list[Group]:
    """Those of `rows_read` whose statements join tables."""
    return [group for group in rows_read(traces) if " JOIN " in " ".join(group.text.upper().split())]


def calls_sent(traces: Traces) -> list[Group]:
    """Outbound HTTP requests by place."""
    return _groups(
        traces,
        """
        SELECT s.route_id, s.stack_id, '', s."pitstop.run", s."pitstop.exchange", count(*), sum(s.duration_nano),
               min(s."pitstop.test")
        FROM spans s WHERE s."url.full" <> ''
        GROUP BY s.route_id, s.stack_id, s."pitstop.run", s."pitstop.exchange", s."pitstop.turn"
        """,
    )


def connections_opened(traces: Traces) -> list[Group]:
    """Connections to a database that were opened during a request, by place."""
    return _groups(traces, _OF_PHASE.format(kind="connect"))


def requests(traces: Traces) -> dict[str, dict[str, float]]:
    """By route, the figures of its successful requests: count, cpu_ms, duration_ms, bytes, each a maximum but the count."""
    rows = traces.sql(
        """
        SELECT r.route, count(*), max(s."pitstop.cpu_nano"), max(s.duration_nano), max(s."http.response.body.size")
        FROM spans s JOIN routes r ON r.route_id = s.route_id
        WHERE s.kind = 'server' AND s."http.response.status_code" BETWEEN 200 AND 299
        GROUP BY r.route
        """
    )
    return {
        route: {
            "requests": float(count),
            "cpu_ms": (cpu or 0) / 1e6,
            "duration_ms": (duration or 0) / 1e6,
            "bytes": float(size or 0),
        }
        for route, count, cpu, duration, size in rows
    }


def _groups(traces: Traces, query: str, parameters: Iterable[object] = ()) -> list[Group]:
    routes: dict[int, str] = dict(traces.sql("SELECT route_id, route FROM routes"))
    stacks: dict[int, tuple[Frame, ...]] = {}
    found: dict[tuple[int, int, str], Group] = {}
    for route, stack, text, _, _, count, nanoseconds, test in traces.sql(query, list(parameters)):
        if stack not in stacks:
            stacks[stack] = traces.frames(stack)
        key = (route, stack, text)
        group = found.setdefault(key, Group(routes.get(route, ""), stacks[stack], text))
        group.counts.append(count)
        group.nanoseconds.append(nanoseconds or 0)
        if test:
            group.tests.append(test)
    return list(found.values())


def covers(location: Location, frames: Iterable[Frame]) -> bool:
    """Whether one of the frames stands within a location."""
    return any(
        frame.path == location.path and location.line <= frame.line <= max(location.line, location.end_line)
        for frame in frames
    )


_ONE = re.compile(r"\b1 (?:(joined )?(statement|row|connection|request)s|times)\b")


def _counted(text: str) -> str:
    """A text with what there is one of in the singular."""
    return _ONE.sub(lambda found: f"1 {found[1] or ''}{found[2]}" if found[2] else "once", text)


def confirmed(
    finding: Finding, groups: Iterable[Group], figure: str, text: str, *, is_sure: bool = True
) -> Iterator[Finding]:
    """The finding with what the groups measured; `text` takes `{count}`, `{ms}`, `{within}` and `{route}`.

    It is certain then, unless what was seen shows only that it happens and not that it is a problem (`is_sure`).
    """
    by_route: dict[str, list[Group]] = defaultdict(list)
    for group in groups:
        by_route[group.route].append(group)
    evidence = []
    for route, there in by_route.items():
        count, ms = max(g.most for g in there), max(g.worst_ms for g in there)
        times = "turns" if route.startswith(_CONNECTION) else "requests"
        figures = {
            figure: float(count),
            "duration_ms": round(ms, 3),
            times: float(sum(len(g.counts) for g in there)),
        }
        said = text.format(count=count, ms=f"{ms:.1f}", route=route, within=there[0].within)
        said = _counted(said) if count == 1 else said
        statement = " ".join(there[0].text.split())
        evidence.append(TraceEvidence(text=said, figures=figures, statement=statement, route=route))
    if evidence:
        sure: Confidence = "certain" if is_sure else finding.confidence
        yield msgspec.structs.replace(finding, evidence=tuple(evidence), confidence=sure)


@dataclass(frozen=True)
class ToldAt:
    """A detector: the findings of a rule at whose places groups stand that count at least so much, with what was measured.

    The places of a finding are its own, and those that its evidence names unless `through`. Problems are handed to other
    processes, so a detector cannot be a function within another.
    """

    find: Callable[[Project], Iterable[Finding]]
    groups: Callable[[Traces], list[Group]]
    figure: str
    text: str
    least: int = 1
    through: bool = False
    """Whether groups have to come through a place of the finding: its evidence leads on into what others call as well."""

    def __call__(self, traces: Traces, project: Project) -> Iterator[Finding]:
        """The findings that were measured."""
        measured = [group for group in self.groups(traces) if group.most >= self.least]
        for finding in self.find(project):
            places = [finding.location, *finding.places]
            if not self.through:
                places += [place for evidence in finding.evidence for place in evidence.locations]
            there = [group for group in measured if any(covers(place, group.frames) for place in places)]
            yield from confirmed(finding, there, self.figure, self.text)
