"""Statements of handlers, and of other dependencies, that a dependency had sent already: the user that is loaded twice, above all."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterator, Sequence
from itertools import pairwise
from typing import TYPE_CHECKING

from pitstop.data import Finding, Location
from pitstop.problems.exchanges import site_of
from pitstop.problems.findings import make
from pitstop.problems.measured import Group, confirmed, covers
from pitstop.problems.timelines import READING, WRITING, Span, Timeline, timelines

if TYPE_CHECKING:
    from pitstop.project import Project
    from pitstop.project.model import FunctionInfo
    from pitstop.traces.records import Frame
    from pitstop.traces.store import Traces

_SAID = "{route} sent this statement again with the same values {count} times {within}, after a dependency had ({ms} ms)"
_Pair = tuple[Span, Span]
_Key = tuple[str, tuple["Frame", ...], int]


def after_dependencies(traces: Traces, project: Project, known: Sequence[Location]) -> Iterator[Finding]:
    """What was sent again with the same values, found rows before, and stands at none of the places that are known."""
    stacks = _Stacks(project)
    found: dict[_Key, tuple[Group, _Pair]] = {}
    targets: dict[_Key, set[str]] = defaultdict(set)
    for timeline in timelines(traces, "count(*) FILTER (\"db.operation.name\" IN ('SELECT', 'WITH')) > 1"):
        if timeline.is_connection:
            continue
        sent: dict[_Key, list[_Pair]] = {}
        for first, second in _repeated(timeline, stacks):
            if not any(covers(place, second.frames) for place in known):
                key = (timeline.route, second.frames, second.shape)
                sent.setdefault(key, []).append((first, second))
                targets[key].add(timeline.target)
        for key, pairs in sent.items():
            group, _ = found.setdefault(key, (Group(timeline.route, key[1], pairs[0][1].text), pairs[0]))
            group.counts.append(len(pairs))
            group.nanoseconds.append(sum(second.end - second.start for _, second in pairs))
    for key, (group, (first, second)) in found.items():
        if not _may_be_chance(group.route, targets[key]):
            yield from _finding(project, stacks, group, first, second)


def _may_be_chance(route: str, targets: Collection[str]) -> bool:
    """Whether the values may be those that the one request itself named: `/users/{id}`, asked by that very user."""
    return len(targets) < 2 and ("{" in route or not all(target.endswith("?") for target in targets))


def _repeated(timeline: Timeline, stacks: _Stacks) -> Iterator[_Pair]:
    """Each statement that a dependency of the request had sent, and a dependency or the handler sends again.

    A call in between may have changed the rows. What loads relationships is left to the statement that it goes with.
    """
    seen: dict[tuple[int, str], Span] = {}
    statements = [span for span in timeline.spans if span.kind == "statement"]
    along = {
        id(span)
        for before, span in pairwise(statements)
        if before.frames == span.frames and before.shape != span.shape
    }
    for span in timeline.spans:
        if span.kind == "call" or (span.kind == "statement" and span.operation in WRITING):
            seen.clear()
        elif span.kind == "statement" and span.operation in READING and " FROM " in _folded(span.text):
            first = seen.setdefault((span.shape, span.values), span)
            if first is span or not first.rows or id(span) in along:
                continue
            root = stacks.root(first.frames)
            if root is not None and stacks.is_dependency(root) and stacks.root(span.frames) is not None:
                yield first, span


def _finding(project: Project, stacks: _Stacks, group: Group, first: Span, second: Span) -> Iterator[Finding]:
    """Told at the innermost call that is not on the way of the first statement too."""
    root, before = stacks.root(first.frames), {id(each) for each in stacks.functions(first.frames)}
    own = tuple(frame for frame in second.frames if id(stacks.function(frame)) not in before)
    place = site_of(project, own)
    if place is None or root is None:
        return
    function, site = place
    finding = make(
        problem="duplicate-query",
        domain="database",
        severity="medium",
        confidence="certain",
        message=f"`{function.name}` reads what the dependency `{root.name}` has read already for the same request",
        module=function.module,
        owner=function.qualname,
        node=site.node,
        routes=(group.route,),
        fix_class="decide",
    )
    yield from confirmed(finding, (group,), "statements", _SAID)


class _Stacks:
    """The functions that stacks go through, and which of them requests begin with."""

    def __init__(self, project: Project) -> None:
        self._project = project
        self._known: dict[Frame, FunctionInfo | None] = {}
        self._dependencies = {id(each) for route in project.routes.all for each in route.dependencies}
        self._roots = self._dependencies | {
            id(route.function) for route in project.routes.all if route.kind == "route"
        }

    def function(self, frame: Frame) -> FunctionInfo | None:
        """The function of a frame."""
        if frame not in self._known:
            self._known[frame] = self._project.function_at(frame.path, frame.line)
        return self._known[frame]

    def functions(self, frames: tuple[Frame, ...]) -> list[FunctionInfo]:
        """The functions of a stack, innermost first."""
        return [function for frame in frames if (function := self.function(frame)) is not None]

    def root(self, frames: tuple[Frame, ...]) -> FunctionInfo | None:
        """The dependency or handler that FastAPI called: the outermost that is one."""
        return next((each for each in reversed(self.functions(frames)) if id(each) in self._roots), None)

    def is_dependency(self, function: FunctionInfo) -> bool:
        """Whether a route names it as one."""
        return id(function) in self._dependencies


def _folded(text: str) -> str:
    return f" {' '.join(text.upper().split())} "
