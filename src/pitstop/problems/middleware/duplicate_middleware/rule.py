"""Middleware that are added to one app a second time, where both surely are."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import combinations
from typing import TYPE_CHECKING

import msgspec

from pitstop.data import Confidence, Finding, Impact, SourceEvidence
from pitstop.problems.findings import make
from pitstop.problems.middleware.duplicate_middleware.places import Places
from pitstop.project.facts import Call, Expr, Name, children
from pitstop.project.middleware import BASE, Middleware
from pitstop.project.model import FunctionInfo

if TYPE_CHECKING:
    from pitstop.project import Project
    from pitstop.project.inference import Scope
    from pitstop.project.model import Binding

_CORS = "CORSMiddleware"
_IMPACT = Impact(
    text="about 200 µs of CPU less for each request",
    source="what one `BaseHTTPMiddleware` costs; pitstop's own measurement",
)


def find(project: Project) -> list[Finding]:
    """One finding for each middleware that an app has twice, at the place that adds it last."""
    return [finding for finding, _ in matches(project)]


class Double(msgspec.Struct, frozen=True):
    """Two of one kind around an app: whether they do the same, and whether both are there whenever the app is made."""

    inner: Middleware
    outer: Middleware
    same: bool
    sure: bool


def matches(project: Project) -> Iterator[tuple[Finding, Double]]:
    """Each finding with the two middleware."""
    named: dict[tuple[str, str], list[Middleware]] = {}
    for middleware in project.middleware.all:
        if middleware.app:
            # FastAPI hands on the classes of Starlette.
            name = re.sub(r"^starlette\.", "fastapi.", middleware.name)
            named.setdefault((middleware.app, name), []).append(middleware)
    twice = {key: added for key, added in named.items() if len(added) > 1 and key[1] != BASE}
    places = Places(project) if twice else None
    for added in twice.values():
        assert places is not None
        for first, second in combinations(added, 2):
            same = _is_same(project, first, second)
            if first.node is second.node or not (same or is_cors(first)):
                continue
            meeting = places.meet(first, second)
            # A module that puts other origins around an app for its own start, as for developing, may mean them to win.
            if meeting is not None and (same or meeting.sure):
                double = Double(meeting.inner, meeting.outer, same, meeting.sure)
                yield _finding(double), double
                break


def is_cors(middleware: Middleware) -> bool:
    """Whether it is CORS itself: of two with other origins the outer one alone answers preflights."""
    return middleware.name.startswith(("fastapi.", "starlette.")) and middleware.last_name == _CORS


def _is_same(project: Project, one: Middleware, other: Middleware) -> bool:
    """Whether two do the same: the same function, or a class with the same arguments."""
    function = project.index.functions.get(one.name)
    if function is not None:
        # What a factory gives, and the method of some object, may be another one each time.
        return function.owner is None and all(function.parent in {None, m.scope} for m in (one, other))
    shared = one.scope is other.scope
    return _options(one) == _options(other) and all(_means_one(m, shared=shared) for m in (one, other))


def _options(middleware: Middleware) -> tuple[list[str], dict[str | None, str]]:
    """The arguments as they are written, without the class."""
    call, module = middleware.node, middleware.module
    named = {k.name: module.text(k.value) for k in call.keywords if k.name not in {"middleware_class", "cls"}}
    return [module.text(a) for a in call.args[1:]], named


def _means_one(middleware: Middleware, *, shared: bool) -> bool:
    """Whether each name in a call, the class among them, means one thing in both: in the scope that they share, or at module level."""
    scope: Scope | None = middleware.scope
    names = list(_names(middleware.node))
    while scope is not None:
        bound = [scope.bindings.get(name, ()) for name in names]
        if any(len(b) > 1 or any(_is_local(each, scope) and not shared for each in b) for b in bound):
            return False
        scope = (scope.parent or scope.module) if isinstance(scope, FunctionInfo) else None
    return True


def _is_local(binding: Binding, scope: Scope) -> bool:
    return isinstance(scope, FunctionInfo) and binding.how not in {"import", "class", "function"}


def _names(call: Call) -> Iterator[str]:
    """The names in the arguments of a call."""
    stack: list[Expr] = [*call.args, *(k.value for k in call.keywords)]
    while stack:
        current = stack.pop()
        if isinstance(current, Name):
            yield current.id
        stack.extend(children(current))


def _finding(double: Double) -> Finding:
    inner, outer, same, sure = double.inner, double.outer, double.same, double.sure
    name = outer.last_name
    confidence: Confidence = "likely" if sure else "possible"
    cors = is_cors(outer)
    if cors and not same:
        message = f"`{name}` is added twice to one app: the outer one alone answers preflights, so what only the inner one allows is refused"
    else:
        message = f"`{name}` is added twice to one app: each request passes through it two times"
    finding = make(
        problem="duplicate-middleware",
        domain="middleware",
        severity="medium" if cors and not same else "low",
        confidence=confidence,
        message=message,
        module=outer.module,
        owner=outer.owner,
        node=outer.node,
        identity=(outer.app, outer.name),
        routes=(outer.route,),
        evidence=(
            SourceEvidence(
                text="both are added to the same app, and no branch decides about either"
                + (
                    ""
                    if sure
                    else "; but one of them is in a module of its own, which not every start may import"
                ),
                locations=tuple(m.module.location(m.node, m.owner) for m in (inner, outer)),
            ),
        ),
        impact=_IMPACT if outer.is_base else None,
        fix_class="proved" if same and sure else "decide",
    )
    return msgspec.structs.replace(finding, places=(inner.module.location(inner.node, inner.owner),))
