"""`with lock:` around an `await`, where the lock belongs to threads."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from pitstop.data import Finding, Severity, SourceEvidence
from pitstop.problems.findings import make, merge_places, path_of, route_names
from pitstop.project.facts import Await, Expr, With

if TYPE_CHECKING:
    from pitstop.project import Project
    from pitstop.project.model import FunctionInfo

_LOCKS = {
    f"{home}.{name}{call}"
    for home in ("threading", "multiprocessing")
    for name in ("Lock", "RLock", "Semaphore", "BoundedSemaphore", "Condition")
    for call in ("", "()")
}


def find(project: Project) -> list[Finding]:
    """One finding for each lock and function."""
    return merge_places(_find(project))


def _find(project: Project) -> Iterator[Finding]:
    for function in project.functions:
        if not function.is_async:
            continue
        for block in function.statements:
            if not isinstance(block, With) or block.is_async:
                continue
            lock = _lock(project, function, block)
            if lock is None:
                continue
            waits = next((s for s in function.sites if isinstance(s.node, Await) and block in s.withs), None)
            if waits is not None:
                yield _finding(project, function, lock, waits.node)


def _lock(project: Project, function: FunctionInfo, block: With) -> Expr | None:
    for item in block.items:
        if project.types.type_of(item.context, function).name in _LOCKS:
            return item.context
    return None


def _finding(project: Project, function: FunctionInfo, lock: Expr, waits: Expr) -> Finding:
    reach = project.calls.reach(function)
    name = function.module.text(lock)
    severity: Severity = "high" if reach is not None else "medium"
    again = project.types.type_of(lock, function).name.rstrip("()").endswith(".RLock")
    then = (
        "the next one to ask for it is let in, for it runs in the same thread"
        if again
        else "the next one to ask for it stops the event loop, and with it the one that would release it"
    )
    return make(
        problem="thread-lock-across-await",
        domain="async",
        severity=severity,
        confidence="certain" if reach is not None else "possible",
        message=f"`async def {function.name}` awaits while it holds `{name}`, a lock of threads: {then}",
        module=function.module,
        owner=function.qualname,
        node=lock,
        routes=route_names(reach) if reach is not None else (),
        call_path=path_of(reach) if reach is not None else (),
        evidence=(
            SourceEvidence(
                text=f"`{name}` is held over this `await`", locations=(function.at(lock), function.at(waits))
            ),
        ),
        fix_class="proved",
    )
