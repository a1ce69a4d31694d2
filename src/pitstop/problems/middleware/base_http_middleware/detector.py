"""What each of them takes of a request on its own."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import msgspec

from pitstop.data import Finding, TraceEvidence
from pitstop.problems.middleware.base_http_middleware.rule import find

if TYPE_CHECKING:
    from pitstop.project import Project
    from pitstop.traces.store import Traces

_OWN = """
SELECT name, path, count(*), {median} / 1e6 FROM (
    SELECT "code.function.name" AS name, "code.file.path" AS path, "pitstop.run", "pitstop.exchange", sum("pitstop.own_nano") AS own
    FROM spans WHERE "pitstop.phase" = 'middleware' AND "code.function.name" <> ''
    GROUP BY ALL
) GROUP BY name, path
"""


def detect(traces: Traces, project: Project) -> Iterator[Finding]:
    """The findings with the median time that each middleware took on its own, without what it wraps."""
    own: dict[str, list[tuple[str, int, float]]] = {}
    for name, path, requests, ms in traces.sql(_OWN.format(median=traces.quantile("own", 0.5))):
        own.setdefault(name, []).append((path, requests, ms))
    added = [each for each in project.middleware.all if each.is_base]
    for finding in find(project):
        places = (finding.location, *finding.places)
        names = {m.last_name for m in added if m.module.location(m.node, m.owner) in places}
        evidence = []
        for name in sorted(names):
            for path, requests, ms in own.get(name, ()):
                where = f" ({path})" if path else ""
                said = f"`{name}`{where} took {ms:.2f} ms of each request on its own (median of {requests})"
                figures = {"own_ms": round(ms, 3), "requests": float(requests)}
                evidence.append(TraceEvidence(text=said, figures=figures))
        if evidence:
            yield msgspec.structs.replace(finding, evidence=tuple(evidence), confidence="certain")
