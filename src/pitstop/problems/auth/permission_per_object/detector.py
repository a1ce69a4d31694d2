"""Loops that ask on each turn, in a function that decides on permissions, and by one like query or call each time."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator
from typing import TYPE_CHECKING

from pitstop.data import Finding
from pitstop.problems.exchanges import site_of, told_at
from pitstop.problems.findings import merge_places
from pitstop.problems.measured import Group, confirmed
from pitstop.problems.timelines import READING, Span, Timeline, timelines

if TYPE_CHECKING:
    from pitstop.project import Project
    from pitstop.project.model import FunctionInfo
    from pitstop.project.sites import Site
    from pitstop.traces.records import Frame
    from pitstop.traces.store import Traces

_FEWEST = 5
"""So many turns come from data; fewer may be the roles or the levels that the code names."""
_DECIDES = re.compile(
    r"(?:^|_)(?:acl|allowed|allows|authori[sz]ed?|authori[sz]es|enforce|permission|permissions|permits|permitted|rbac)(?:_|$)"
    r"|^_?(?:can|may)_(?!be_)\w|(?:has|check|ensure|require|verify)_(?:access|rights?|roles?|scopes?|ownership)"
)
"""Names of functions that decide whether somebody may do something."""
_DECIDERS = re.compile(r"Policy|Authori[sz]er|AccessControl|Enforcer|Acl|ACL|Rbac|RBAC")
"""Names of classes of which each method does."""
_Key = tuple[str, "tuple[Frame, ...]"]


def detect(traces: Traces, project: Project) -> Iterator[Finding]:
    """One finding for each such loop."""
    groups: dict[_Key, Group] = {}
    places: dict[_Key, tuple[FunctionInfo, Site, str]] = {}
    for timeline in timelines(traces, f"count(*) >= {_FEWEST}"):
        for frames, spans in _alike(timeline).items():
            place = _place(project, frames)
            if place is not None:
                key = (timeline.route, frames)
                places[key] = place
                group = groups.setdefault(key, Group(timeline.route, frames, spans[0].text))
                group.counts.append(len(spans))
                group.nanoseconds.append(sum(span.end - span.start for span in spans))
    yield from merge_places(each for key, group in groups.items() for each in _told(group, *places[key]))


def _alike(timeline: Timeline) -> dict[tuple[Frame, ...], list[Span]]:
    """What a request read by the same statement, command or call from the same place, often enough and for something else each time."""
    found: dict[object, list[Span]] = defaultdict(list)
    for span in timeline.spans:
        reads = span.kind in ("command", "call") or (span.kind == "statement" and span.operation in READING)
        if reads and span.frames:
            found[span.frames, span.kind, span.operation, span.shape].append(span)
    return {
        spans[0].frames: spans
        for spans in found.values()
        # What a call sends is not recorded, so that two may ask for the same.
        if (len(spans) if spans[0].kind == "call" else len({span.values for span in spans})) >= _FEWEST
    }


def _place(project: Project, frames: tuple[Frame, ...]) -> tuple[FunctionInfo, Site, str] | None:
    """The innermost loop around a function that decides, and what that is called."""
    for number, frame in enumerate(frames):
        function = project.function_at(frame.path, frame.line)
        if function is None or not _decides(function):
            continue
        # A comprehension has a frame of its own within its function's.
        around = [
            each for each in frames[number:] if project.function_at(each.path, each.line) is not function
        ]
        looped = site_of(project, tuple(around), in_loop=True)
        if looped is not None:
            return (*looped, function.name)
    return None


def _decides(function: FunctionInfo) -> bool:
    owner = function.owner
    return bool(_DECIDES.search(function.name)) or (owner is not None and bool(_DECIDERS.search(owner.name)))


def _told(group: Group, function: FunctionInfo, site: Site, decider: str) -> Iterator[Finding]:
    finding = told_at(
        function,
        site,
        problem="permission-per-object",
        domain="auth",
        severity="medium",
        message=f"`{function.name}` asks `{decider}` for one object after the other: {group.most} times in one request",
        evidence=(),
        routes=(group.route,),
    )
    yield from confirmed(
        finding,
        (group,),
        "statements",
        "{route} asked for a permission {count} times {within}, the same way ({ms} ms)",
    )
