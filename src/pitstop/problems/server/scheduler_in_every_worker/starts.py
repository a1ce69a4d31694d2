"""Where a schedule is started as the app starts, and what it runs."""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from pitstop.project.facts import Attr, Call, Expr, dotted

if TYPE_CHECKING:
    from pitstop.project import Project
    from pitstop.project.model import FunctionInfo

_LOCKS = re.compile(
    r"(?<![a-z])f?lock(?:ed|s|ing|file)?(?![a-z])|leader(?!_?board)|\bnx\s*=|setnx|advisory|"
    r"skip_locked|for_update|singleton|"
    r"(?:first|main|primary|is)_worker|is_main|acquire",
    re.IGNORECASE,
)
_REPEATERS = {"repeat_every", "repeat_at", "crontab"}
_DEPTH = 4


@dataclass(frozen=True, slots=True)
class Start:
    """One start of a schedule."""

    entry: FunctionInfo
    """What runs as the app starts: a lifespan or a start-up handler."""
    function: FunctionInfo
    node: Expr
    kind: str
    jobs: tuple[FunctionInfo, ...]
    conditional: bool
    way: tuple[FunctionInfo, ...]


def starts(project: Project) -> Iterator[Start]:
    """The starts of schedules: by APScheduler, or by a decorator that repeats what it decorates."""
    jobs: tuple[FunctionInfo, ...] | None = None
    for entry in project.routes.starting:
        seen = {entry.qualname}
        todo: deque[tuple[FunctionInfo, tuple[FunctionInfo, ...], bool]] = deque([(entry, (), False)])
        while todo:
            function, way, conditional = todo.popleft()
            path = (*way, function)
            repeater = _repeater(function)
            if repeater is not None:
                yield Start(entry, function, repeater, "repeat", (function,), conditional, path)
                continue
            for site in function.calls:
                assert isinstance(site.node, Call)
                if _starts_scheduler(project, site.node, function):
                    jobs = _scheduled(project) if jobs is None else jobs
                    branch = conditional or site.conditional
                    yield Start(entry, function, site.node, "start", jobs, branch, path)
            if len(path) < _DEPTH:
                for edge in project.calls.edges(function):
                    if edge.kind in {"call", "reference"} and edge.target.qualname not in seen:
                        seen.add(edge.target.qualname)
                        todo.append((edge.target, path, conditional or edge.site.conditional))


def is_locked(project: Project, start: Start) -> bool:
    """Whether something on the way to a schedule, or in its jobs, lets only one process go on."""
    looked_at = [*start.way, *start.jobs]
    looked_at += [edge.target for job in start.jobs for edge in project.calls.edges(job)]
    return any(_LOCKS.search(f.module.text(f.node)) or _is_decorated_locked(f) for f in looked_at)


def _is_decorated_locked(function: FunctionInfo) -> bool:
    return any(_LOCKS.search(function.module.text(decorator)) for decorator in function.node.decorators)


def _repeater(function: FunctionInfo) -> Expr | None:
    for decorator in function.node.decorators:
        called = decorator.func if isinstance(decorator, Call) else decorator
        if dotted(called).rpartition(".")[2] in _REPEATERS:
            return decorator
    return None


def _starts_scheduler(project: Project, call: Call, function: FunctionInfo) -> bool:
    if not isinstance(call.func, Attr) or call.func.attr not in {"start", "start_in_background"}:
        return False
    name = project.types.type_of(call.func.value, function).name
    return name.startswith("apscheduler.")


def _scheduled(project: Project) -> tuple[FunctionInfo, ...]:
    """The functions handed to a scheduler, or decorated by one."""
    found: dict[str, FunctionInfo] = {}
    for function in project.functions:
        if function.module.says("scheduled_job") and any(
            isinstance(d, Call) and isinstance(d.func, Attr) and d.func.attr == "scheduled_job"
            for d in function.node.decorators
        ):
            found[function.qualname] = function
        if function.module.says("add_job") or function.module.says("add_schedule"):
            for site in function.calls:
                assert isinstance(site.node, Call)
                if isinstance(site.node.func, Attr) and site.node.func.attr in {"add_job", "add_schedule"}:
                    job = project.types.type_of(site.node.argument(0, "func"), function)
                    if job.kind == "function" and job.name in project.index.functions:
                        found[job.name] = project.index.functions[job.name]
    return tuple(found.values())
