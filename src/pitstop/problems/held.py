"""What requests held in memory at the places of findings, where `pitstop measure --memory` has seen it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

import msgspec

from pitstop.data import Finding, TraceEvidence
from pitstop.problems.exchanges import Request, requests

if TYPE_CHECKING:
    from pitstop.project import Project
    from pitstop.traces.records import Memory
    from pitstop.traces.store import Traces

LARGE = 1024 * 1024
"""As much of an upload as Starlette keeps in memory before it goes to a file (`spool_max_size` of its `MultiPartParser`)."""


@dataclass(frozen=True)
class HeldAt:
    """A detector: the findings of a rule in whose functions a line held a megabyte or more while a request had most.

    `text` takes `{route}`, `{held}` and `{peak}`, both in MB.
    """

    find: Callable[[Project], Iterable[Finding]]
    text: str

    def __call__(self, traces: Traces, project: Project) -> Iterator[Finding]:
        """The findings that were measured."""
        held: dict[str, list[tuple[Request, Memory]]] = defaultdict(list)
        for request in requests(traces):
            memory = request.exchange.memory
            if memory is not None and memory.line_bytes >= LARGE:
                function = project.function_at(memory.path, memory.line)
                if function is not None:
                    held[function.qualname].append((request, memory))
        for finding in self.find(project):
            owners = {place.symbol for place in (finding.location, *finding.places)}
            evidence = tuple(self._evidence([each for owner in owners for each in held.get(owner, ())]))
            if evidence:
                yield msgspec.structs.replace(finding, evidence=evidence, confidence="certain")

    def _evidence(self, there: list[tuple[Request, Memory]]) -> Iterator[TraceEvidence]:
        by_route: dict[str, list[Memory]] = defaultdict(list)
        for request, memory in there:
            by_route[request.exchange.endpoint].append(memory)
        for route, measured in by_route.items():
            most = max(measured, key=lambda memory: memory.line_bytes)
            said = self.text.format(
                route=route, held=f"{most.line_bytes / 1e6:.1f}", peak=f"{most.peak_bytes / 1e6:.1f}"
            )
            figures = {"held_bytes": float(most.line_bytes), "peak_bytes": float(most.peak_bytes)}
            yield TraceEvidence(text=said, figures=figures, route=route)
