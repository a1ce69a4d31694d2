"""Mistakes of the caller, such as an unknown identifier or a text that is no number, that nothing catches."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from pitstop.data import Confidence, Finding, SourceEvidence
from pitstop.problems.errors.expected_failure_becomes_500.catching import Catching
from pitstop.problems.errors.expected_failure_becomes_500.given import Given, given
from pitstop.problems.errors.expected_failure_becomes_500.sinks import Sink, sinks
from pitstop.problems.findings import make, merge_places

if TYPE_CHECKING:
    from pitstop.project import Project


def find(project: Project) -> list[Finding]:
    """One finding for each place; where it is reached in several ways, the first is told."""
    return merge_places(_find(project))


def _find(project: Project) -> Iterator[Finding]:
    catching = Catching(project)
    told: set[tuple[str, int]] = set()
    for here in given(project):
        for sink in sinks(project, here):
            key = (here.function.qualname, sink.site.node.at)
            if key in told or _is_caught(catching, here, sink):
                continue
            told.add(key)
            yield _finding(here, sink)


def _is_caught(catching: Catching, here: Given, sink: Sink) -> bool:
    if catching.around(here.function, sink.site, sink.error):
        return True
    if any(catching.around(step.function, step.site, sink.error) for step in here.path):
        return True
    if any(catching.beyond(route, sink.error) for route in here.routes):
        return True
    # Another dependency that is given the same may have refused it.
    entry = here.path[0].function if here.path else here.function
    return any(
        parameter.name == sink.value
        for route in here.routes
        for dependency in route.dependencies
        if dependency is not entry
        for parameter in dependency.node.parameters
    )


def _finding(here: Given, sink: Sink) -> Finding:
    function = here.function
    confidence: Confidence = "likely"
    if sink.error == "NoResultFound":
        message = (
            f"`{sink.does}` in `{function.name}` raises where no row has the `{sink.value}` that was asked for, "
            "and nothing catches it: the caller gets 500 instead of 404"
        )
    else:
        message = (
            f"`{sink.does}` in `{function.name}` raises {sink.error} for a `{sink.value}` that it cannot read, "
            "and nothing catches it: the caller gets 500 instead of 422"
        )
    return make(
        problem="expected-failure-becomes-500",
        domain="errors",
        severity="low" if sink.value.startswith("request") else "medium",
        confidence=confidence,
        message=message,
        module=function.module,
        owner=function.qualname,
        node=sink.site.node,
        routes=tuple(dict.fromkeys(route.name for route in here.routes)),
        call_path=tuple(step.location for step in here.path),
        evidence=(
            SourceEvidence(
                text=(
                    f"`{sink.value}` comes from the request as it is; no `try`, handler, middleware or dependency "
                    f"catches {sink.error}"
                ),
                locations=(function.at(sink.site.node),),
            ),
        ),
        fix_class="proved",
    )
