"""`asyncio.run` and `run_until_complete` on the way of a coroutine."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from typing import TYPE_CHECKING

from pitstop.data import Finding, SourceEvidence
from pitstop.problems.findings import make, merge_places, path_of, route_names
from pitstop.project.calls import Step
from pitstop.project.doubt import weigh
from pitstop.project.facts import Call

if TYPE_CHECKING:
    from pitstop.project import Project
    from pitstop.project.calls import Reach
    from pitstop.project.model import FunctionInfo
    from pitstop.project.sites import Site

_STARTS = {
    "asyncio.run",
    "asyncio.get_event_loop().run_until_complete",
    "asyncio.new_event_loop().run_until_complete",
    "asyncio.get_running_loop().run_until_complete",
    "asyncio.AbstractEventLoop.run_until_complete",
}


def find(project: Project) -> list[Finding]:
    """One finding for each start of a loop that a coroutine leads to; further coroutines are its places."""
    return merge_places(finding for finding, _ in matches(project))


def matches(project: Project) -> Iterator[tuple[Finding, tuple[Step, ...]]]:
    """Each coroutine that leads to such a start, with the way there."""
    concerned = {m.path for m in project.index.by_path.values() if "asyncio" in m.source.text}
    starts = {
        f.qualname: found
        for f in project.functions
        if f.module.path in concerned and (found := _starts(project, f))
    }
    if not starts:
        return
    for function in project.functions:
        reach = project.calls.reached.get((function.qualname, "loop"))
        if reach is None or not function.is_async:
            continue
        way = _way(project, function, starts)
        if way is not None:
            yield _finding(function, reach, way), way


def _starts(project: Project, function: FunctionInfo) -> list[Site]:
    return [
        site
        for site in function.calls
        if isinstance(site.node, Call)
        and not (site.in_lambda or site.conditional or site.rescue)
        and project.calls.external_name(site.node, function) in _STARTS
    ]


def _way(project: Project, function: FunctionInfo, starts: dict[str, list[Site]]) -> tuple[Step, ...] | None:
    """The shortest way through plain calls, none of them in a branch: a branch may ask whether a loop is running."""
    seen = {function.qualname}
    todo: deque[tuple[FunctionInfo, tuple[Step, ...]]] = deque([(function, ())])
    while todo:
        current, path = todo.popleft()
        if current.qualname in starts:
            return (*path, Step(current, starts[current.qualname][0]))
        for edge in project.calls.edges(current):
            site, target = edge.site, edge.target
            plain = edge.kind in {"call", "property"} and not (
                site.in_lambda or site.conditional or edge.choice
            )
            if plain and not target.is_async and not target.yields and target.qualname not in seen:
                seen.add(target.qualname)
                todo.append((target, (*path, Step(current, site))))
    return None


def _finding(function: FunctionInfo, reach: Reach, way: tuple[Step, ...]) -> Finding:
    last = way[-1]
    assert isinstance(last.site.node, Call)
    start = last.function.module.text(last.site.node.func)
    through = " → ".join([*(step.function.name for step in way[1:]), f"`{start}`"])
    # nest_asyncio lets a loop run inside of another: then it does not fail, and everything else waits inside of it.
    nested = any("nest_asyncio.apply(" in step.function.module.source.text for step in way)
    confidence, severity, why = weigh(reach, way, "likely", "medium" if nested else "high")
    does = (
        "which nest_asyncio lets run inside of the running loop: every other request waits inside of this call"
        if nested
        else "which fails where a loop is running: and one is"
    )
    return make(
        problem="loop-inside-loop",
        domain="async",
        severity=severity,
        confidence=confidence,
        message=f"`async def {function.name}` calls {through}, {does}",
        module=function.module,
        owner=function.qualname,
        node=way[0].site.node,
        identity=(last.function.qualname, last.function.module.text(last.site.node)),
        routes=route_names(reach),
        call_path=path_of(reach, way),
        evidence=(
            SourceEvidence(
                text=(
                    "nest_asyncio is applied on the way"
                    if nested
                    else "`RuntimeError` where an event loop is running, unless nest_asyncio changed it"
                )
                + (f"; but {why}" if why else ""),
                locations=tuple(step.location for step in way),
            ),
        ),
        fix_class="proved",
    )
