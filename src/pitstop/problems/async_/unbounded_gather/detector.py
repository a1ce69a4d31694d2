"""How many of a fan-out were under way at once, and how often they waited for a connection of a pool."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import msgspec

from pitstop.data import Evidence, Finding
from pitstop.problems.async_.unbounded_gather.rule import find
from pitstop.problems.measured import Group, confirmed, covers
from pitstop.problems.timelines import at_once, timelines

if TYPE_CHECKING:
    from pitstop.project import Project
    from pitstop.traces.store import Traces

_FEWEST = 5
"""As many as a pool of SQLAlchemy keeps by default; fewer are no width to speak of."""
_SAID = "{route} had {count} of them under way at once {within} ({ms} ms from the first to the last)"
_WAITED = (
    "{route} waited for a connection of an exhausted pool {count} times here {within} ({ms} ms together)"
)


def detect(traces: Traces, project: Project) -> Iterator[Finding]:
    """The findings at whose fan-outs at least five statements, calls or commands were under way at once, or whose tasks waited for a connection."""
    found = find(project)
    wide: dict[tuple[str, str], Group] = {}
    waited: dict[tuple[str, str], Group] = {}
    for timeline in timelines(traces, f"count(*) > {_FEWEST}") if found else ():
        for finding in found:
            places = (finding.location, *finding.places)
            below = [span for span in timeline.spans if any(covers(p, span.frames) for p in places)]
            sent = [span for span in below if span.kind != "wait"]
            key = (finding.id, timeline.route)
            if (count := at_once(sent)) >= _FEWEST:
                group = wide.setdefault(key, Group(timeline.route, ()))
                group.counts.append(count)
                group.nanoseconds.append(max(span.end for span in sent) - sent[0].start)
            if waits := [span.end - span.start for span in below if span.kind == "wait"]:
                group = waited.setdefault(key, Group(timeline.route, ()))
                group.counts.append(len(waits))
                group.nanoseconds.append(sum(waits))
    for finding in found:
        evidence: list[Evidence] = []
        for groups, figure, said in ((wide, "at_once", _SAID), (waited, "waits", _WAITED)):
            there = [group for (name, _), group in groups.items() if name == finding.id]
            evidence += (each for told in confirmed(finding, there, figure, said) for each in told.evidence)
        if evidence:
            yield msgspec.structs.replace(finding, evidence=tuple(evidence), confidence="certain")
