"""Coroutines handed to `BackgroundTasks` that wait or compute without awaiting, themselves or below."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from typing import TYPE_CHECKING

from pitstop.data import Finding, Impact, SourceEvidence
from pitstop.problems.findings import make, merge_places, path_of, route_names
from pitstop.project.blocking import SOON
from pitstop.project.branches import NOTHING, Facts, runs
from pitstop.project.calls import Step
from pitstop.project.doubt import weigh
from pitstop.project.facts import Call
from pitstop.project.traits import is_memoised

if TYPE_CHECKING:
    from pitstop.project import Project
    from pitstop.project.blocking import BlockingCall
    from pitstop.project.calls import Reach
    from pitstop.project.model import FunctionInfo
    from pitstop.project.sites import Site

_QUEUES = {
    "fastapi.BackgroundTasks.add_task",
    "starlette.background.BackgroundTask",
    "fastapi.background.BackgroundTask",
}
_IMPACT = Impact(
    text="latency of all other requests while the task runs",
    source="a heavy coroutine in BackgroundTasks: p99 of the other requests 2 to 103 ms; pitstop's own measurement",
)


def find(project: Project) -> list[Finding]:
    """One finding for each thing that blocks in a background task; all routes that start it are its places."""
    return merge_places(_find(project))


def _find(project: Project) -> Iterator[Finding]:
    for function in project.functions:
        if project.calls.reach(function) is None:
            continue
        for site in function.calls:
            assert isinstance(site.node, Call)
            if project.calls.external_name(site.node, function) not in _QUEUES:
                continue
            task = project.types.type_of(site.node.argument(0, "func"), function)
            info = project.index.functions.get(task.name) if task.kind == "function" else None
            # A plain function runs in a thread: that is what a background task is made for.
            reach = project.calls.reach(function, site)
            is_told = info is not None and info.is_async and reach is not None
            found = _blocks(project, info, Step(function, site)) if info is not None and is_told else None
            if reach is not None and info is not None and found is not None:
                yield _finding(function, reach, site, info, *found)


def _blocks(project: Project, task: FunctionInfo, by: Step) -> tuple[tuple[Step, ...], BlockingCall] | None:
    """The way from a task to what blocks, where no request gets there by itself; small files do not count.

    What the call `by` which the task is queued excludes by its arguments is not followed.
    """
    values = project.calls.values
    seen = {task.qualname}
    todo: deque[tuple[FunctionInfo, Facts, tuple[Step, ...]]] = deque(
        (task, facts, ()) for facts in values.given(task, by, (NOTHING,))
    )
    while todo:
        current, facts, path = todo.popleft()
        if (current.qualname, "loop") in project.calls.reached:
            # It is told as a blocking call of a request already.
            continue
        for call in project.blocking.direct(current):
            if call.category not in SOON and runs(call.site, facts):
                return (*path, Step(current, call.site)), call
        for edge, passed in values.followed(current, facts):
            target = edge.target
            if edge.kind not in {"call", "property"} or edge.site.in_lambda or target.qualname in seen:
                continue
            if target.is_async:
                seen.add(target.qualname)
                todo.append((target, passed, (*path, Step(current, edge.site))))
            elif not target.yields and not is_memoised(target):
                below = project.blocking.below(target, Step(current, edge.site), (facts,))
                if below is not None and below[1].category not in SOON:
                    return (*path, Step(current, edge.site), *below[0]), below[1]
    return None


def _finding(
    function: FunctionInfo,
    reach: Reach,
    site: Site,
    task: FunctionInfo,
    steps: tuple[Step, ...],
    call: BlockingCall,
) -> Finding:
    names = list(dict.fromkeys(step.function.name for step in steps[1:]))
    way = " → ".join([*names, f"`{call.name.removeprefix('builtins.')}`"])
    confidence, severity, why = weigh(reach, (Step(function, site), *steps), "possible", "high")
    return make(
        problem="background-task-blocks",
        domain="async",
        severity=severity,
        confidence=confidence,
        message=f"the background task `async def {task.name}` calls {way}: after the answer every other request waits for it",
        module=function.module,
        owner=function.qualname,
        node=site.node,
        identity=(call.function.qualname, call.function.module.text(call.site.node)),
        routes=route_names(reach),
        call_path=path_of(reach, (Step(function, site), *steps)),
        evidence=(
            SourceEvidence(
                text=f"a coroutine runs on the event loop, also in the background; {way} does not await"
                + (f"; but {why}" if why else ""),
                locations=tuple(step.location for step in steps),
            ),
        ),
        impact=_IMPACT,
        fix_class="decide",
    )
