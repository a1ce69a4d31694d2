"""Requests walked in order: what each sent and waited for, in the order in which it began."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import groupby
from typing import TYPE_CHECKING, Literal

from pitstop.problems.exchanges import site_of

if TYPE_CHECKING:
    from pitstop.project import Project
    from pitstop.project.model import FunctionInfo
    from pitstop.project.sites import Site
    from pitstop.traces.records import Frame
    from pitstop.traces.store import Traces

Kind = Literal["statement", "command", "call", "wait"]
"""`call` is outbound HTTP, `wait` for a connection of an exhausted pool."""

READING = frozenset({"SELECT", "WITH"})
WRITING = frozenset({"INSERT", "UPDATE", "DELETE", "MERGE", "REPLACE", "CALL"})
ENDING = frozenset({"COMMIT", "ROLLBACK", "RELEASE"})
"""What ends a transaction. A savepoint that is released may be a test's stand-in for the commit."""
_SPANS = """
SELECT s."pitstop.run", s."pitstop.exchange", s."pitstop.turn", s.route_id, s."pitstop.test",
       q."url.path" || '?' || coalesce(q."url.query", ''),
       CASE WHEN s."url.full" <> '' THEN 'call' WHEN s."db.system.name" <> '' THEN 'command'
            WHEN s.fingerprint_id > 0 THEN 'statement' ELSE 'wait' END,
       s.start_time_unix_nano, s.duration_nano, s.stack_id, s."db.operation.name",
       coalesce(f.example, nullif(s."url.full", ''), s.name), s.fingerprint_id, s."pitstop.parameters",
       coalesce(s."db.response.returned_rows", 0), coalesce(s."db.operation.batch.size", 1),
       s."gen_ai.request.model" <> ''
FROM spans s LEFT JOIN examples f ON f.fingerprint_id = s.fingerprint_id AND f.stack_id = s.stack_id
LEFT JOIN spans q ON q.kind = 'server' AND q."pitstop.run" = s."pitstop.run" AND q."pitstop.exchange" = s."pitstop.exchange"
WHERE (s.fingerprint_id > 0 OR s."url.full" <> '' OR s."db.system.name" <> '' OR s."pitstop.phase" = 'connection wait')
  AND (s."pitstop.run", s."pitstop.exchange") IN (
    SELECT ("pitstop.run", "pitstop.exchange") FROM spans GROUP BY ALL HAVING {asked}
)
ORDER BY s."pitstop.run", s."pitstop.exchange", s."pitstop.turn", s.start_time_unix_nano, s.span_id
"""


@dataclass(frozen=True, slots=True)
class Span:
    """One thing that a request sent or waited for. Times are nanoseconds since 1970."""

    kind: Kind
    start: int
    end: int
    frames: tuple[Frame, ...]
    operation: str
    """Of statements and commands: `SELECT`, `GET`."""
    text: str
    """The statement, the URL, or what the command is called."""
    shape: int
    """Of statements: equal for those that differ in values only."""
    values: str
    """Of statements and commands: a hash that tells whether two had the same values."""
    rows: int
    count: int
    """Of a pipeline, its commands."""
    is_llm: bool

    @property
    def ms(self) -> float:
        """How long it took, in milliseconds."""
        return (self.end - self.start) / 1e6


@dataclass(frozen=True, slots=True)
class Timeline:
    """What one request did, or a connection between two messages."""

    route: str
    test: str
    target: str
    """What was asked for: the path and the query."""
    spans: tuple[Span, ...]

    @property
    def is_connection(self) -> bool:
        """Whether it is a connection, whose client decides what comes next."""
        return self.route.startswith("WEBSOCKET ")


def timelines(traces: Traces, asked: str) -> Iterator[Timeline]:
    """The requests for whose spans `asked` holds, an SQL condition over groups, each with its spans as they began."""
    routes: dict[int, str] = dict(traces.sql("SELECT route_id, route FROM routes"))
    stacks: dict[int, tuple[Frame, ...]] = {}
    rows = traces.sql(_SPANS.format(asked=asked))
    for _, group in groupby(rows, key=lambda row: row[:3]):
        same = list(group)
        spans = []
        for _, _, _, _, _, _, kind, start, took, stack, *rest in same:
            if stack not in stacks:
                stacks[stack] = traces.frames(stack)
            spans.append(Span(kind, start, start + (took or 0), stacks[stack], *rest))
        yield Timeline(routes.get(same[0][3], ""), same[0][4] or "", same[0][5] or "", tuple(spans))


def nearest_common(
    project: Project, frames: Iterable[Frame], others: Iterable[Frame]
) -> tuple[FunctionInfo, Site] | None:
    """The innermost place of a stack in a function that another stack goes through too; of a handler or dependency, where none does."""
    around = {id(function) for frame in others if (function := project.function_at(frame.path, frame.line))}
    # Middleware stands around everything.
    around -= {id(route.function) for route in project.routes.all if route.kind == "middleware"}
    places = [place for frame in frames if (place := site_of(project, (frame,))) is not None]
    common = next((place for place in places if id(place[0]) in around), None)
    if common is not None:
        return common
    asked = {id(route.function) for route in project.routes.all}
    return next((place for place in places if id(place[0]) in asked), places[0] if places else None)


def at_once(spans: Iterable[Span]) -> int:
    """How many of the spans were under way at the same moment, at most."""
    most = under_way = 0
    moments = sorted((moment, step) for span in spans for moment, step in ((span.start, 1), (span.end, -1)))
    for _, step in moments:
        under_way += step
        most = max(most, under_way)
    return most
