"""Clients that were built while a request was under way."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from pitstop.data import Finding
from pitstop.problems.async_.client_per_request.rule import find
from pitstop.problems.measured import clients_built, confirmed, covers

if TYPE_CHECKING:
    from pitstop.project import Project
    from pitstop.traces.store import Traces


def detect(traces: Traces, project: Project) -> Iterator[Finding]:
    """What was measured of each place that builds a client."""
    groups = clients_built(traces)
    for finding in find(project):
        there = [g for g in groups if covers(finding.location, g.frames)]
        yield from confirmed(finding, there, "clients", "{route} built {count} of them {within} ({ms} ms)")
