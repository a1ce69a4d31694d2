"""`functools.lru_cache` and its like on `async def`: the second caller gets a coroutine that has run already."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from pitstop.data import Finding, Severity, SourceEvidence
from pitstop.problems.findings import make, path_of, route_names
from pitstop.project.facts import Call

if TYPE_CHECKING:
    from pitstop.project import Project
    from pitstop.project.model import FunctionInfo

_CACHES = {
    "functools.lru_cache",
    "functools.cache",
    "functools.cached_property",
    "cachetools.cached",
    "cachetools.cachedmethod",
    "cachetools.func.ttl_cache",
    "cachetools.func.lru_cache",
}
"""Caches that keep what the function returns: for `async def` the coroutine. Source: the documentation of functools and cachetools."""


def find(project: Project) -> list[Finding]:
    """One finding for each coroutine function under such a cache."""
    return list(_find(project))


def _find(project: Project) -> Iterator[Finding]:
    for function in project.functions:
        if function.is_async and not function.yields and function.node.decorators:
            name = _cache(project, function)
            if name:
                yield _finding(project, function, name)


def _cache(project: Project, function: FunctionInfo) -> str:
    """The cache that is the innermost decorator; what stands between may make something else of the coroutine."""
    innermost = function.node.decorators[-1]
    scope = function.parent or function.module
    found = project.types.type_of(innermost.func if isinstance(innermost, Call) else innermost, scope)
    return found.name if found.kind == "external" and found.name in _CACHES else ""


def _finding(project: Project, function: FunctionInfo, name: str) -> Finding:
    reach = project.calls.reach(function)
    severity: Severity = "high" if reach is not None else "medium"
    return make(
        problem="lru-cache-on-async-or-method",
        domain="caching",
        severity=severity,
        confidence="certain",
        message=f"`{name}` keeps the coroutine of `async def {function.name}`, not its result: the second call with the same "
        "arguments fails",
        module=function.module,
        owner=function.qualname,
        node=function.node,
        code=f"{name} on async def {function.name}",
        routes=route_names(reach) if reach is not None else (),
        call_path=path_of(reach) if reach is not None else (),
        evidence=(
            SourceEvidence(
                text="a coroutine can be awaited once: `RuntimeError: cannot reuse already awaited coroutine`",
                locations=(function.location,),
            ),
        ),
        fix_class="decide",
    )
