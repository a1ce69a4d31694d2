"""Statements that the coroutines of a fan-out sent through their one session."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from pitstop.data import Finding
from pitstop.problems.async_.concurrent_use_of_one_session.rule import find
from pitstop.problems.measured import Group, confirmed, covers
from pitstop.problems.timelines import timelines

if TYPE_CHECKING:
    from pitstop.project import Project
    from pitstop.traces.store import Traces

_SAID = (
    "{route} sent {count} statements through this one session {within} ({ms} ms from the first to the last)"
)


def detect(traces: Traces, project: Project) -> Iterator[Finding]:
    """The findings below whose fan-outs a request sent more than one statement."""
    found = find(project)
    groups: dict[tuple[str, str], Group] = {}
    for timeline in timelines(traces, "count(*) FILTER (fingerprint_id > 0) > 1") if found else ():
        for finding in found:
            places = (finding.location, *finding.places)
            sent = [
                span
                for span in timeline.spans
                if span.kind == "statement" and any(covers(place, span.frames) for place in places)
            ]
            if len(sent) > 1:
                group = groups.setdefault((finding.id, timeline.route), Group(timeline.route, ()))
                group.counts.append(len(sent))
                group.nanoseconds.append(max(span.end for span in sent) - sent[0].start)
    for finding in found:
        there = [group for (name, _), group in groups.items() if name == finding.id]
        yield from confirmed(finding, there, "statements", _SAID)
