"""Requests that ended with the transaction of a session still open that they had made."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from pitstop.data import Finding
from pitstop.problems.database.session_leak.rule import find
from pitstop.problems.measured import Group, confirmed
from pitstop.problems.timelines import ENDING, READING, WRITING, timelines

if TYPE_CHECKING:
    from pitstop.project import Project
    from pitstop.project.model import FunctionInfo
    from pitstop.traces.records import Frame
    from pitstop.traces.store import Traces

_SAID = "{route} ended with the transaction open that {count} statements from here stood in ({ms} ms)"


def detect(traces: Traces, project: Project) -> Iterator[Finding]:
    """The findings from whose function statements were sent after which the request saw neither commit nor rollback.

    A connection that was given back is rolled back by its pool, also where only the end of the function let the session go.
    """
    found = [(finding, _function(project, finding)) for finding in find(project)]
    groups: dict[tuple[str, str], Group] = {}
    for timeline in timelines(traces, "count(*) FILTER (fingerprint_id > 0) > 0") if found else ():
        ended = max(
            (
                n
                for n, span in enumerate(timeline.spans)
                if span.operation in ENDING and span.kind == "statement"
            ),
            default=-1,
        )
        left = [span for span in timeline.spans[ended + 1 :] if span.operation in READING | WRITING]
        for finding, function in found:
            sent = [span for span in left if _went_through(span.frames, function)]
            if sent:
                group = groups.setdefault(
                    (finding.id, timeline.route), Group(timeline.route, (), sent[0].text)
                )
                group.counts.append(len(sent))
                group.nanoseconds.append(sum(span.end - span.start for span in sent))
    for finding, _ in found:
        there = [group for (name, _), group in groups.items() if name == finding.id]
        yield from confirmed(finding, there, "statements", _SAID)


def _function(project: Project, finding: Finding) -> FunctionInfo | None:
    return project.function_at(finding.location.path, finding.location.line)


def _went_through(frames: tuple[Frame, ...], function: FunctionInfo | None) -> bool:
    if function is None:
        return False
    start, _, end, _ = function.node.span
    return any(frame.path == function.module.path and start <= frame.line <= end for frame in frames)
