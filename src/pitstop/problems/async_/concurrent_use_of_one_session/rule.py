"""Fan-outs whose coroutines send statements through one session."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from pitstop.data import Confidence, Finding, SourceEvidence
from pitstop.problems.findings import make, merge_places, path_of, route_names
from pitstop.project.calls import Step
from pitstop.project.doubt import weigh
from pitstop.project.facts import Attr, Call, Expr, Name, dotted
from pitstop.project.fanout import FanOut, Task, fan_outs, is_limited

if TYPE_CHECKING:
    from pitstop.project import Project
    from pitstop.project.calls import Reach
    from pitstop.project.model import FunctionInfo
    from pitstop.project.sessions import Use

_Way = tuple[tuple[Step, ...], "Use"]


def find(project: Project) -> list[Finding]:
    """One finding for each fan-out of which two coroutines share a session; none where the service's own sessions take turns."""
    return [] if _sessions_take_turns(project) else merge_places(_find(project))


def _sessions_take_turns(project: Project) -> bool:
    """Whether a class of the project puts a lock around the methods of an `AsyncSession`."""
    return any(
        any(base.endswith(".AsyncSession") for base in project.types.external_bases(name))
        and "Lock(" in info.module.text(info.node)
        for name, info in project.index.classes.items()
        if info.module.says("AsyncSession") and info.module.says("Lock(")
    )


def _find(project: Project) -> Iterator[Finding]:
    for function in project.functions:
        if not function.is_async or project.calls.reach(function) is None:
            continue
        for fan_out in fan_outs(project.types, function):
            shared: dict[str, list[tuple[Task, _Way]]] = {}
            for task in fan_out.tasks:
                found = _shared(project, function, task)
                if found is not None:
                    shared.setdefault(found[0], []).append((task, found[1]))
            for session, users in shared.items():
                # A loop hands over many; it need not be one whose length the data decides.
                reach = project.calls.reach(function, users[0][0].site)
                if reach is not None and (len(users) > 1 or _is_repeated(users[0][0], fan_out)):
                    yield _finding(project, function, reach, fan_out, session, users[0])
                    break


def _is_repeated(task: Task, fan_out: FanOut) -> bool:
    return len(task.site.loops) > len(fan_out.site.loops) or task.loop is not None


def _shared(project: Project, function: FunctionInfo, task: Task) -> tuple[str, _Way] | None:
    """The session that a task uses and that its neighbours have as well, by the expression that names it here."""
    if is_limited(project.types, function, task.site):
        return None
    direct = next((u for u in project.sessions.direct(function) if u.site.node is task.call), None)
    if direct is not None and isinstance(direct.session, (Name, Attr)):
        return dotted(direct.session), ((), direct)
    for target in project.calls.targets(task.call, function):
        if not target.is_async or target.yields:
            continue
        handed = _handed(project, function, task.call)
        below = project.sessions.below(target)
        if below is None:
            continue
        steps, use = below
        if project.sessions.owned(steps, use) or any(
            is_limited(project.types, step.function, step.site) for step in steps
        ):
            continue
        if handed:
            return handed, below
        owner = _of_object(function, task.call, use)
        if owner:
            return owner, below
    return None


def _handed(project: Project, function: FunctionInfo, call: Call) -> str:
    """The session among the arguments of a task, by its name in the function that hands it over."""
    values: list[Expr] = [*call.args, *(k.value for k in call.keywords)]
    for value in values:
        if isinstance(value, (Name, Attr)) and project.sessions.is_session(value, function):
            return dotted(value)
    return ""


def _of_object(function: FunctionInfo, call: Call, use: Use) -> str:
    """`self.session`, where tasks are methods of one object that keeps its session."""
    if not isinstance(call.func, Attr) or not isinstance(use.session, Attr):
        return ""
    receiver = dotted(call.func.value)
    kept = dotted(use.session)
    if not receiver or not kept.startswith("self.") or use.function.owner is None:
        return ""
    root = receiver.partition(".")[0]
    made_by_turn = any(b.how == "element" for b in function.bindings.get(root, ()))
    return "" if made_by_turn else f"{receiver}.{kept.removeprefix('self.')}"


def _finding(
    project: Project,
    function: FunctionInfo,
    reach: Reach,
    fan_out: FanOut,
    session: str,
    user: tuple[Task, _Way],
) -> Finding:
    task, (steps, use) = user
    way = (Step(function, task.site), *steps)
    conditional = any(step.site.conditional for step in steps)
    doubts = ["a branch on the way decides whether it is used"] if conditional else []
    # An `AsyncSession` refuses; a connection of its own has a lock, and makes the others wait.
    name = project.types.type_of(use.session, use.function).name
    refuses = any(n.endswith("AsyncSession") for n in (name, *project.types.external_bases(name)))
    base: Confidence = "certain" if refuses and len(steps) < 2 else "likely"
    confidence, severity, why = weigh(reach, way, base, "high" if refuses else "medium", doubts=doubts)
    sends = dotted(use.session) or "session"
    return make(
        problem="concurrent-use-of-one-session",
        domain="async",
        severity=severity,
        confidence=confidence,
        message=f"`{function.name}` runs coroutines together that all use the one session `{session}`: "
        "it refuses the second statement, or serves them one by one",
        module=function.module,
        owner=function.qualname,
        node=fan_out.site.node,
        routes=route_names(reach),
        call_path=path_of(reach, way),
        evidence=(
            SourceEvidence(
                text=f"each of them sends through `{sends}`, and none opens a session of its own"
                + (f"; but {why}" if why else ""),
                locations=(function.at(task.call), *(step.location for step in steps)),
            ),
        ),
        fix_class="decide",
    )
