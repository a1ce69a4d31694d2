"""How long a request waited for one server before it asked the other."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import groupby, pairwise
from typing import TYPE_CHECKING

from pitstop.data import Finding, Location
from pitstop.problems.async_.sequential_awaits.rule import pairs
from pitstop.problems.measured import Group, confirmed, covers
from pitstop.problems.timelines import Timeline, timelines

if TYPE_CHECKING:
    from pitstop.project import Project
    from pitstop.traces.store import Traces

_SAVED_NS = 1_000_000
"""Less is not worth a task."""
_SAID = "{route} waited here for one answer and only then asked for the other; both at once would have spared {ms} ms {within}"


def detect(traces: Traces, project: Project) -> Iterator[Finding]:
    """The pairs whose calls did not overlap, with what asking both at once would have spared: the shorter of two waits."""
    found = list(pairs(project))
    groups: dict[tuple[int, str], Group] = {}
    for timeline in timelines(traces, "count(*) FILTER (\"url.full\" <> '') > 1") if found else ():
        for number, finding in enumerate(found):
            (both,) = [each.locations for each in finding.evidence]
            waited, spared = _waited(timeline, both[0], both[1])
            if spared >= _SAVED_NS:
                group = groups.setdefault((number, timeline.route), Group(timeline.route, ()))
                group.counts.append(waited)
                group.nanoseconds.append(spared)
    for number, finding in enumerate(found):
        there = [group for (pair, _), group in groups.items() if pair == number]
        # That neither needs the other is what reading says.
        yield from confirmed(finding, there, "calls", _SAID, is_sure=False)


def _waited(timeline: Timeline, first: Location, second: Location) -> tuple[int, int]:
    """How many calls stood at both places, and the nanoseconds that each turn's shorter wait took."""
    calls = [
        (covers(second, span.frames), span)
        for span in timeline.spans
        if span.kind == "call" and (covers(first, span.frames) or covers(second, span.frames))
    ]
    turns = [list(group) for _, group in groupby(calls, key=lambda call: call[0])]
    waited = spared = 0
    for one, other in pairwise(turns):
        earlier, later = [span for _, span in one], [span for _, span in other]
        ended = max(span.end for span in earlier)
        if one[0][0] or ended > later[0].start:
            continue
        waited += len(one) + len(other)
        spared += min(ended - earlier[0].start, max(span.end for span in later) - later[0].start)
    return waited, spared
