"""Dependencies that ask a database or a server, and that `use_cache=False` makes run again in one request."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from pitstop.data import Finding, Impact, SourceEvidence
from pitstop.problems.findings import make
from pitstop.project.calls import Reach, Step
from pitstop.project.doubt import weigh
from pitstop.project.facts import Attr, Expr, Name
from pitstop.project.model import FunctionInfo, Module
from pitstop.project.traits import is_memoised

if TYPE_CHECKING:
    from pitstop.data import Location
    from pitstop.project import Project
    from pitstop.project.dependencies import Dependencies, Need
    from pitstop.project.routes import Route

_DEEP = 8
_MOST_NEEDS = 400
"""Needs of one route that are gone through: each is gone through again wherever it is needed."""


def find(project: Project) -> list[Finding]:
    """One finding for each function that some request runs again because of `use_cache=False`."""
    return [finding for finding, _, _ in matches(project)]


def matches(project: Project) -> list[tuple[Finding, FunctionInfo, list[Need]]]:
    """Each finding with the function and the needs that make it run again."""
    if not any(module.says("use_cache") for module in project.index.by_path.values()):
        return []
    again: dict[str, tuple[FunctionInfo, list[Need], list[Route]]] = {}
    more: dict[str, list[Need]] = {}
    for route in project.routes.all:
        if route.kind not in {"route", "websocket"}:
            continue
        for function, needs in _Request(project).solved(route).values():
            # Each run but the first is one that was not to take what was there.
            if len(needs) > 1:
                _, _, routes = again.setdefault(function.qualname, (function, needs, []))
                routes.append(route)
                more.setdefault(function.qualname, []).extend(n for n in needs[1:] if not n.is_cached)
    found = ((_finding(project, *each), each[0], more[name]) for name, each in again.items())
    return [(finding, function, needs) for finding, function, needs in found if finding is not None]


class _Request:
    """What FastAPI runs before one handler, in the order and with the cache of `solve_dependencies`."""

    def __init__(self, project: Project) -> None:
        self._project = project
        self._dependencies: Dependencies = project.routes.dependencies
        self._runs: dict[str, tuple[FunctionInfo, list[Need]]] = {}
        self._seen = 0

    def solved(self, route: Route) -> dict[str, tuple[FunctionInfo, list[Need]]]:
        """Functions by qualified name, with the needs that made each run, first to last."""
        self._solve((*route.listed, *self._dependencies.needs(route.function)), ())
        # Of a tree that was not gone through to its end the rest may be anything.
        return self._runs if self._seen < _MOST_NEEDS else {}

    def _solve(self, needs: Iterable[Need], around: tuple[str, ...]) -> None:
        for need in needs:
            self._seen += 1
            if self._seen >= _MOST_NEEDS or len(around) > _DEEP or self._is_security(need):
                continue
            function = self._dependencies.given_by(need.provider, need.scope)
            if function is None or function.qualname in around:
                continue
            # What it needs itself is solved in any case, also where its own value is at hand.
            self._solve(self._dependencies.needs(function), (*around, function.qualname))
            if not self._is_one_of_its_kind(need.provider, function):
                continue
            _, known = self._runs.setdefault(function.qualname, (function, []))
            if not known or not need.is_cached:
                known.append(need)

    def _is_security(self, need: Need) -> bool:
        """Whether scopes tell what is needed from the same function elsewhere."""
        return self._project.types.type_of(need.node.func, need.scope).name.endswith("Security")

    def _is_one_of_its_kind(self, provider: Expr, function: FunctionInfo) -> bool:
        """Whether the name of a function means this one: not one that a factory makes, nor the method of some object."""
        return isinstance(provider, (Name, Attr)) and function.owner is None and function.parent is None


def _finding(
    project: Project, function: FunctionInfo, needs: list[Need], routes: list[Route]
) -> Finding | None:
    if function.yields or is_memoised(function) or _gets_anew(project, function):
        return None
    steps, asks = _asks(project, function)
    if not steps or any(step.site.rescue for step in steps) or _writes(project, function):
        return None
    reach = Reach("loop" if function.is_async else "thread", tuple(dict.fromkeys(routes)), ())
    doubts = ["a branch decides whether it asks"] if any(s.site.conditional for s in steps) else []
    confidence, severity, why = weigh(reach, steps, "likely", "medium", doubts=doubts)
    need = next(need for need in needs[1:] if not need.is_cached)
    return make(
        problem="dependency-recomputed",
        domain="request-response",
        severity=severity,
        confidence=confidence,
        message=f"`{function.name}` runs {len(needs)} times in one request because of `use_cache=False`, and {asks} each time",
        module=home(need),
        owner=home(need).name,
        node=need.node,
        identity=(function.qualname, "use_cache=False"),
        routes=tuple(route.name for route in reach.routes),
        call_path=tuple(step.location for step in steps),
        evidence=(
            SourceEvidence(
                text="without `use_cache=False` FastAPI runs it once for a request and hands its value to all who need it"
                + (f"; but {why}" if why else ""),
                locations=tuple(dict.fromkeys((*(_place(n) for n in needs), steps[-1].location))),
            ),
        ),
        impact=Impact(text=f"`{function.name}` {asks} once for a request, not {len(needs)} times"),
        fix_class="proved",
    )


def _place(need: Need) -> Location:
    module = home(need)
    return module.location(need.node, module.name)


def home(need: Need) -> Module:
    """The module that a need is written in."""
    return need.scope.module if isinstance(need.scope, FunctionInfo) else need.scope


def _asks(project: Project, function: FunctionInfo) -> tuple[tuple[Step, ...], str]:
    """The way from a function to a statement or a call that waits, with what that is; no way if there is none."""
    query = project.queries.find(function)
    if query is not None:
        return query[0], "asks the database"
    wait = project.waits.below(function)
    return (wait[0], "asks another server") if wait is not None else ((), "")


def _gets_anew(project: Project, function: FunctionInfo, depth: int = 0) -> bool:
    """Whether a function gets something else at each run, as a session of its own: then its value is another one, too."""
    if depth > _DEEP:
        return True
    dependencies = project.routes.dependencies
    for need in dependencies.needs(function):
        inner = dependencies.given_by(need.provider, need.scope)
        if not need.is_cached or (inner is not None and _gets_anew(project, inner, depth + 1)):
            return True
    return False


def _writes(project: Project, function: FunctionInfo) -> bool:
    """Whether a function changes something, itself or in what it calls: then a second run may be meant."""
    return any(project.writes.direct(each) for each in _below(project, function))


def _below(project: Project, function: FunctionInfo) -> Iterator[FunctionInfo]:
    seen = {function.qualname: function}
    todo = [function]
    while todo:
        current = todo.pop()
        yield current
        for edge in project.calls.edges(current):
            if edge.target.qualname not in seen:
                seen[edge.target.qualname] = edge.target
                todo.append(edge.target)
