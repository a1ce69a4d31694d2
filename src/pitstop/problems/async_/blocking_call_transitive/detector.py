"""Moments when the event loop stood still below a coroutine, in what it called."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from pitstop.data import Finding
from pitstop.problems.async_.blocking_call_transitive.rule import find
from pitstop.problems.measured import blocks, confirmed, covers, statements_on_loop

if TYPE_CHECKING:
    from pitstop.project import Project
    from pitstop.traces.store import Traces


def detect(traces: Traces, project: Project) -> Iterator[Finding]:
    """What was measured of each way down: how long the loop stood at its end."""
    stood = [group for group in blocks(traces) if len(group.frames) > 1]
    sent = [group for group in statements_on_loop(traces) if len(group.frames) > 1]
    for finding in find(project):
        places = (finding.location, *finding.places)
        there = [g for g in stood if any(covers(place, g.frames[1:]) for place in places)]
        yield from confirmed(
            finding,
            there,
            "blocks",
            "the event loop stood still below this call for {ms} ms {within} of {route}",
        )
        if not there:
            on_loop = [g for g in sent if any(covers(place, g.frames[1:]) for place in places)]
            text = "{route} sent {count} statements from the event loop's own thread {within} ({ms} ms)"
            yield from confirmed(finding, on_loop, "statements", text)
