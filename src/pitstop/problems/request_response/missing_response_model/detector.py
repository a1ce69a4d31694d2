"""What it costs to answer without a declared type: bytes and processor time of the routes concerned."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import msgspec

from pitstop.data import Finding, TraceEvidence
from pitstop.problems.measured import requests
from pitstop.problems.request_response.missing_response_model.rule import find

if TYPE_CHECKING:
    from pitstop.project import Project
    from pitstop.traces.store import Traces


def detect(traces: Traces, project: Project) -> Iterator[Finding]:
    """The measured cost of each route that answers with lists or nested models and declares nothing."""
    measured = requests(traces)
    for finding in find(project):
        figures = measured.get(finding.route)
        if figures is not None:
            text = f"{finding.route} answered with {figures['bytes'] / 1000:.1f} kB and took {figures['cpu_ms']:.1f} ms of CPU"
            evidence = TraceEvidence(text=text, figures=figures, route=finding.route)
            yield msgspec.structs.replace(finding, evidence=(evidence,))
