"""What traces say of a place in the source: the groups of spans that stand there, with their figures."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import msgspec

from pitstop.data import Finding, Location, TraceEvidence

if TYPE_CHECKING:
    from pitstop.traces.records import Frame
    from pitstop.traces.store import Traces


@dataclass
class Group:
    """Like spans of like requests: the same stack and shape under one route, with figures per request."""

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


def repeated_statements(traces: Traces, at_least: int = 3) -> list[Group]:
    """Reading statements sent several times in one request from the same place, by place and shape."""
    return _groups(
        traces,
        """
        SELECT s.route_id, s.stack_id, f.example, s."pitstop.run", s."pitstop.exchange", count(*), sum(s.duration_nano),
               min(s."pitstop.test")
        FROM spans s JOIN fingerprints f ON f.fingerprint_id = s.fingerprint_id
        WHERE s."db.operation.name" IN ('SELECT', 'WITH')
        GROUP BY s.route_id, s.stack_id, f.example, s."pitstop.run", s."pitstop.exchange"
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
        GROUP BY s.route_id, s.stack_id, s."pitstop.run", s."pitstop.exchange"
        """,
    )


def statements_on_loop(traces: Traces) -> list[Group]:
    """Statements that a synchronous driver sent from the thread of the event loop."""
    return _groups(
        traces,
        """
        SELECT s.route_id, s.stack_id, f.example, s."pitstop.run", s."pitstop.exchange", count(*), sum(s.duration_nano),
               min(s."pitstop.test")
        FROM spans s JOIN fingerprints f ON f.fingerprint_id = s.fingerprint_id
        WHERE s."pitstop.on_loop" AND s."db.operation.name" <> ''
        GROUP BY s.route_id, s.stack_id, f.example, s."pitstop.run", s."pitstop.exchange"
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
        GROUP BY s.route_id, s.stack_id, s."pitstop.client", s."pitstop.run", s."pitstop.exchange"
        """,
    )


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


def confirmed(finding: Finding, groups: Iterable[Group], figure: str, text: str) -> Iterator[Finding]:
    """The finding with what the groups measured; `text` takes `{count}`, `{ms}` and `{route}`."""
    by_route: dict[str, list[Group]] = defaultdict(list)
    for group in groups:
        by_route[group.route].append(group)
    evidence = []
    for route, there in by_route.items():
        count, ms = max(g.most for g in there), max(g.worst_ms for g in there)
        figures = {
            figure: float(count),
            "duration_ms": round(ms, 3),
            "requests": float(sum(len(g.counts) for g in there)),
        }
        said = text.format(count=count, ms=f"{ms:.1f}", route=route)
        statement = " ".join(there[0].text.split())
        evidence.append(TraceEvidence(text=said, figures=figures, statement=statement, route=route))
    if evidence:
        yield msgspec.structs.replace(finding, evidence=tuple(evidence))
