"""Moments when the event loop stood still while a file that stays the same was parsed."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from pitstop.data import Finding
from pitstop.problems.measured import blocks, confirmed, covers
from pitstop.problems.request_response.settings_built_per_request.rule import find

if TYPE_CHECKING:
    from pitstop.project import Project
    from pitstop.traces.store import Traces


def detect(traces: Traces, project: Project) -> Iterator[Finding]:
    """How long the loop stood below each place that builds settings or parses a file."""
    stood = blocks(traces)
    for finding in find(project):
        places = (finding.location, *finding.places)
        there = [g for g in stood if any(covers(place, g.frames) for place in places)]
        yield from confirmed(
            finding,
            there,
            "blocks",
            "the event loop stood still below this call for {ms} ms {within} of {route}",
        )
