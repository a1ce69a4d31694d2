"""Fan-outs whose width the data decides, where each task takes a connection."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from pitstop.data import Confidence, Finding, Severity, SourceEvidence
from pitstop.problems.findings import make, merge_places, path_of, route_names
from pitstop.project.calls import Step
from pitstop.project.doubt import weigh
from pitstop.project.facts import Attr, Await, Call, Comp, Expr, For, Name
from pitstop.project.fanout import FanOut, Task, fan_outs, is_limited

if TYPE_CHECKING:
    from pitstop.project import Project
    from pitstop.project.calls import Reach
    from pitstop.project.model import FunctionInfo
    from pitstop.project.waits import Wait

_POOLED = {"session", "relationship"}
"""What comes out of a pool of the whole process, whoever asks."""
_ELSEWHERE = {"benchmark", "benchmarks", "cli", "examples", "migrations", "scripts", "test", "tests"}
_EFFORT: dict[str, Severity] = {
    "session": "high",
    "relationship": "medium",
    "http": "medium",
    "llm": "medium",
}
_TAKES = {
    "session": "takes a database connection of its own",
    "relationship": "loads relationships from the database",
    "http": "opens a connection to another server",
    "llm": "sends a request to a language model",
}


@dataclass(frozen=True, slots=True)
class Resource:
    """What each task of a fan-out holds while it runs, and the way there."""

    kind: str
    steps: tuple[Step, ...]
    conditional: bool
    limited: bool = False
    """Whether the client itself lets only so many out."""


_CUT = re.compile(r"\[\s*:\s*[\w.]+\s*\]")
"""A slice that takes the first so many."""


@dataclass(frozen=True, slots=True)
class Match:
    """A finding with the task that there is one of for each item."""

    finding: Finding
    function: FunctionInfo
    fan_out: FanOut
    task: Task
    loop: For | Comp
    resource: Resource


def find(project: Project) -> list[Finding]:
    """One finding for each fan-out over data whose tasks take connections without a limit."""
    return merge_places(match.finding for match in matches(project))


def matches(project: Project) -> Iterator[Match]:
    """Each such fan-out."""
    for function in project.functions:
        if not function.is_async:
            continue
        reach = project.calls.reach(function)
        if reach is None and _words(function.module.path) & _ELSEWHERE:
            continue
        for fan_out in fan_outs(project.types, function):
            for task in fan_out.tasks:
                if task.loop is None or _is_batch(function, _source(task.loop)):
                    continue
                if _is_cut(project, function, _source(task.loop)):
                    continue
                resource = _resource(project, function, task)
                way = reach.at(task.site) if reach is not None else None
                if resource is not None and (way or (reach is None and resource.kind in _POOLED)):
                    finding = _finding(function, way, fan_out, task, resource)
                    yield Match(finding, function, fan_out, task, task.loop, resource)
                    break


def _resource(project: Project, function: FunctionInfo, task: Task) -> Resource | None:
    """What a task takes; None where it takes nothing known, or where a semaphore lets few through at once."""
    if is_limited(project.types, function, task.site):
        return None
    known = {id(wait.site.node): wait for wait in project.waits.direct(function)}.get(id(task.call))
    if known is not None:
        return Resource(
            known.category, (Step(function, task.site),), conditional=False, limited=_limits(known)
        )
    for target in project.calls.targets(task.call, function):
        if not target.is_async or target.yields:
            continue
        found = _below(project, target)
        if found is not None:
            return found
    return None


def _below(project: Project, target: FunctionInfo) -> Resource | None:
    in_session = project.sessions.below(target)
    if in_session is not None and project.sessions.owned(*in_session):
        return _unless_limited(project, "session", in_session[0])
    waits = project.waits.below(target, always=True) or project.waits.below(target)
    if waits is not None:
        return _unless_limited(project, waits[1].category, waits[0], limited=_limits(waits[1]))
    for site in target.sites:
        if isinstance(site.node, Attr) and site.node.attr == "awaitable_attrs":
            return _unless_limited(project, "relationship", (Step(target, site),))
    return None


def _limits(wait: Wait) -> bool:
    """Whether the client itself lets only so many out: a session of aiohttp 100 connections, by default."""
    return wait.name.startswith("aiohttp.")


def _unless_limited(
    project: Project, kind: str, steps: tuple[Step, ...], *, limited: bool = False
) -> Resource | None:
    if any(is_limited(project.types, step.function, step.site) for step in steps):
        return None
    return Resource(kind, steps, any(step.site.conditional for step in steps), limited)


def _is_batch(function: FunctionInfo, source: Expr) -> bool:
    """Whether a fan-out goes over one of many batches: as wide as the code says, whatever there is."""
    if not isinstance(source, Name) or not any(
        b.how == "element" for b in function.bindings.get(source.id, ())
    ):
        return False
    return bool(_words(source.id) & {"batch", "chunk", "page", "slice", "window"})


def _is_cut(project: Project, function: FunctionInfo, source: Expr) -> bool:
    """Whether the function that made the list takes no more than so many: `found[: self.most]`."""
    for binding in function.bindings.get(source.id, ()) if isinstance(source, Name) else ():
        value = binding.value.value if isinstance(binding.value, Await) else binding.value
        if isinstance(value, Call):
            for target in project.calls.targets(value, function):
                if _CUT.search(target.module.text(target.node)):
                    return True
    return False


def _words(path: str) -> set[str]:
    return set(re.split(r"[^a-z0-9]+", path.lower()))


def _source(loop: For | Comp) -> Expr:
    return loop.iter if isinstance(loop, For) else loop.generators[0].iter


def _finding(
    function: FunctionInfo, reach: Reach | None, fan_out: FanOut, task: Task, resource: Resource
) -> Finding:
    assert task.loop is not None
    over = " ".join(function.module.text(_source(task.loop)).split())
    over = over if len(over) <= 60 else over[:57] + "..."
    run = resource.steps[0].function.name if resource.steps[0].function is not function else "request"
    doubts = ["a branch on the way decides whether it does"] if resource.conditional else []
    if resource.limited:
        doubts.append("a session of aiohttp opens 100 connections at most, and the others wait for them")
    steps = (Step(function, task.site), *resource.steps)
    confidence: Confidence = "possible"
    severity: Severity = "low"
    why = "no route was found to lead there"
    if reach is not None:
        # How long the list gets is for whoever knows the service to say.
        confidence, severity, why = weigh(reach, steps, "possible", _EFFORT[resource.kind], doubts=doubts)
    takes = _TAKES[resource.kind]
    return make(
        problem="unbounded-gather",
        domain="async",
        severity=severity,
        confidence=confidence,
        message=f"`{function.name}` starts one `{run}` for each of `{over}` at once, and each {takes}",
        module=function.module,
        owner=function.qualname,
        node=fan_out.site.node,
        routes=route_names(reach) if reach is not None else (),
        call_path=path_of(reach, steps) if reach is not None else tuple(step.location for step in steps),
        evidence=(
            SourceEvidence(
                text=f"nothing limits how many of `{over}` are under way, and each {takes}"
                + (f"; but {why}" if why else ""),
                locations=(function.at(task.loop), *(step.location for step in resource.steps)),
            ),
        ),
        fix_class="proved",
    )
