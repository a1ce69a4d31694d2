"""Schedulers that start with the app, of an app that is served by several processes."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from typing import TYPE_CHECKING

from pitstop.data import Confidence, Finding, SourceEvidence
from pitstop.problems.findings import make, merge_places
from pitstop.problems.server.scheduler_in_every_worker.serving import served_by, shown
from pitstop.problems.server.scheduler_in_every_worker.starts import Start, is_locked, starts

if TYPE_CHECKING:
    from pitstop.project import Project
    from pitstop.project.deployment import Launch
    from pitstop.project.model import FunctionInfo

_WAITS = {"http", "llm", "network"}
_DEPTH = 400


def find(project: Project) -> list[Finding]:
    """One finding for each place that starts a schedule in as many processes as serve the app."""
    several = [launch for launch in project.deployment.launches if launch.workers > 1 and not launch.develops]
    found = sorted(_find(project, several), key=lambda finding: finding.confidence) if several else []
    return merge_places(found)


def _find(project: Project, several: list[Launch]) -> Iterator[Finding]:
    for start in starts(project):
        if start.conditional or is_locked(project, start):
            continue
        launch = next((each for each in several if served_by(project, each, start.entry.module)), None)
        if launch is not None:
            yield _finding(start, launch, sure=any(_leaves_a_trace(project, job) for job in start.jobs))


def _leaves_a_trace(project: Project, job: FunctionInfo) -> bool:
    """Whether a job does something outside of its process, so that doing it again is more than a local refresh."""
    seen = {job.qualname}
    todo = deque([job])
    while todo and len(seen) < _DEPTH:
        function = todo.popleft()
        sinks = project.calls.sinks(function)
        if project.writes.direct(function) or any(s.known.category in _WAITS for s in sinks):
            return True
        for edge in project.calls.edges(function):
            if edge.target.qualname not in seen:
                seen.add(edge.target.qualname)
                todo.append(edge.target)
    return False


def _finding(start: Start, launch: Launch, *, sure: bool) -> Finding:
    names = ", ".join(f"`{job.name}`" for job in start.jobs[:4])
    what = f"its jobs ({names}) run" if names else "its jobs run"
    confidence: Confidence = "likely" if sure else "possible"
    text = f"{shown(launch)} serves the app with several processes, and each of them starts the schedule"
    return make(
        problem="scheduler-in-every-worker",
        domain="server",
        severity="medium" if sure else "low",
        confidence=confidence,
        message=f"each worker process starts this schedule: {what} once for every worker instead of once",
        module=start.function.module,
        owner=start.function.qualname,
        node=start.node,
        identity=(start.entry.module.name, start.kind),
        evidence=(
            SourceEvidence(
                text=text + ("" if sure else "; but what the jobs do may belong to the process itself"),
                locations=(start.function.at(start.node),),
            ),
            SourceEvidence(text=f"`{launch.text}` in {launch.path}, line {launch.line}"),
        ),
        fix_class="decide",
    )
