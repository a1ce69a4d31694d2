"""Routes and dependencies in plain `def` of which every expression is seen to take no time."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from pitstop.data import Finding, Impact, SourceEvidence
from pitstop.problems.async_.sync_route_without_blocking_work.classes import find_classes
from pitstop.problems.findings import make
from pitstop.project.carried import names_read
from pitstop.project.facts import (
    Assign,
    Attr,
    Call,
    Comp,
    Const,
    Expr,
    ExprStatement,
    Format,
    FunctionDef,
    If,
    Name,
    Raise,
    Return,
    Seq,
    Statement,
    children,
    dotted,
    expressions,
)
from pitstop.project.model import FunctionInfo

if TYPE_CHECKING:
    from pitstop.project import Project

_ROUTE = Impact(
    text="no thread for each request",
    expected=(1.0, 2.4),
    source="trivial def route against async def: 2.4×; pitstop's own measurement",
)
_DEPENDENCY = Impact(
    text="no thread for each request",
    expected=(1.0, 2.1),
    source="one trivial def dependency against async def: 2.1×, five 4.3×; pitstop's own measurement",
)
_INSTANT = {
    *(
        f"builtins.{name}"
        for name in ("bool", "float", "getattr", "int", "isinstance", "len", "max", "min", "round", "str")
    ),
    *("bool", "float", "int", "str", "dict", "list", "set", "tuple"),
    "fastapi.HTTPException",
    "fastapi.exceptions.HTTPException",
    "uuid.uuid4",
    "time.time",
    "datetime.datetime.now",
    "datetime.datetime.utcnow",
    "secrets.compare_digest",
}
_DIRECT = {"bool", "float", "int", "str", "dict", "list", "set", "tuple"}
_METHODS = {
    "str": {"strip", "lower", "upper", "startswith", "endswith", "removeprefix", "removesuffix"},
    "dict": {"get"},
}
_SMALL = {"str", "int", "float", "bool", "NoneType"}
_MOST = 6
"""Statements: what is longer may be no trifle."""


def find(project: Project) -> list[Finding]:
    """One finding for each such route, and one for each such dependency with all routes that pay for it."""
    return [*_find(project), *find_classes(project, is_quick)]


def _find(project: Project) -> Iterator[Finding]:
    handlers: dict[str, tuple[FunctionInfo, list[str]]] = {}
    dependencies: dict[str, tuple[FunctionInfo, list[str]]] = {}
    for route in project.routes.all:
        if route.kind != "route":
            continue
        if route.decorator is not None:
            handlers.setdefault(route.function.qualname, (route.function, []))[1].append(route.name)
        for dependency in route.dependencies:
            dependencies.setdefault(dependency.qualname, (dependency, []))[1].append(route.name)
    trifles = [
        (function, routes, what)
        for known, what in ((handlers, "route"), (dependencies, "dependency"))
        for function, routes in known.values()
        if _is_trifle(project, function, what)
    ]
    called = _called(project, {function.name for function, _, _ in trifles})
    for function, routes, what in trifles:
        # Where code calls it as a plain function, a coroutine would be another thing.
        if function.qualname not in called:
            yield _finding(function, routes, what, _ROUTE if what == "route" else _DEPENDENCY)


def _is_trifle(project: Project, function: FunctionInfo, what: str) -> bool:
    node = function.node
    if (
        node.is_async
        or function.yields
        or len(node.decorators) > (what == "route")
        or function.owner is not None
    ):
        return False
    if {"test", "tests", "testing"} & set(function.module.path.split("/")):
        return False
    body = [s for s in node.body if not _is_docstring(s)]
    if all(isinstance(s, Raise) for s in body):
        return False  # nothing is served there yet
    if len(body) > _MOST or not all(_instant(project, function, s) for s in body):
        return False
    return what == "dependency" or all(_is_small(project, function, value) for value in function.returns)


def _is_small(project: Project, function: FunctionInfo, value: Expr) -> bool:
    """Whether an answer holds no object of a dependency: reading its attributes, in a thread so far, may take long."""
    local = [name for name in names_read(value) if name in function.bindings]
    return all(project.types.type_of(Name(value.at, name), function).name in _SMALL for name in local)


def _called(project: Project, names: set[str]) -> set[str]:
    """Those functions of these names that the project's own code calls."""
    if not names:
        return set()
    mention = re.compile("|".join(rf"\b{re.escape(name)}\(" for name in sorted(names)))
    near = {m.path for m in project.index.by_path.values() if len(mention.findall(m.source.text)) > 0}
    return {
        target.qualname
        for caller in project.functions
        if caller.module.path in near
        for site in caller.calls
        if isinstance(site.node, Call) and dotted(site.node.func).rpartition(".")[2] in names
        for target in project.calls.targets(site.node, caller)
    }


def _is_docstring(statement: Statement) -> bool:
    return isinstance(statement, ExprStatement) and isinstance(statement.value, Const)


def _instant(project: Project, function: FunctionInfo, statement: Statement) -> bool:
    if isinstance(statement, If):
        inner = (*statement.body, *statement.orelse)
        return is_quick(project, function, statement.test) and all(
            _instant(project, function, s) for s in inner
        )
    if isinstance(statement, FunctionDef) or not isinstance(
        statement, (Return, Raise, Assign, ExprStatement)
    ):
        return False
    return all(is_quick(project, function, e) for e in expressions(statement))


def is_quick(project: Project, function: FunctionInfo, expr: Expr) -> bool:
    """Whether evaluating takes no time worth a thread, whatever is given."""
    todo = [expr]
    while todo:
        node = todo.pop()
        match node:
            case Call():
                if not _is_quick_call(project, function, node):
                    return False
                todo.extend((*node.args, *(k.value for k in node.keywords)))
                if isinstance(node.func, Attr):
                    todo.append(node.func.value)
            case Attr():
                if not _is_plain(project, function, node):
                    return False
                todo.append(node.value)
            case Name() | Const():
                continue
            case Seq() | Format():
                todo.extend(children(node))
            case Comp():
                return False
            case _:
                tag = type(node).__name__
                if tag not in {"Dict", "Op", "IfExp", "Sub", "Star"}:
                    return False
                todo.extend(children(node))
    return True


def _is_plain(project: Project, function: FunctionInfo, node: Attr) -> bool:
    """An attribute that only looks something up: no property, no relationship, nothing of what is not known."""
    owner = project.types.type_of(node.value, function)
    if owner.kind in {"module", "external", "class"}:
        return True
    if owner.kind != "instance" or owner.name not in project.index.classes:
        return owner.name in _DIRECT or owner.name in {
            "fastapi.Request",
            "fastapi.security.HTTPAuthorizationCredentials",
        }
    if owner.name in project.models.all:
        return False
    return project.types.member_function(owner.name, node.attr) is None


def _is_quick_call(project: Project, function: FunctionInfo, call: Call) -> bool:
    found = project.types.type_of(call.func, function)
    if found.kind == "external":
        kind, method = found.name.partition(".")[0], found.name.rpartition(".")[2]
        return found.name in _INSTANT or method in _METHODS.get(kind, ())
    if found.kind == "class":
        if found.name in _DIRECT:
            return True
        bases = set(project.types.external_bases(found.name))
        cls = project.index.classes.get(found.name)
        plain = cls is not None and not {"__init__", "__new__", "__post_init__"} & set(cls.methods)
        # A small answer made by hand: what its validators do is not known, so it must have none.
        return plain and cls is not None and bases <= {"pydantic.BaseModel"} and not cls.methods
    return False


def _finding(function: FunctionInfo, routes: list[str], what: str, impact: Impact) -> Finding:
    paid = f"each request to {len(set(routes))} routes" if len(set(routes)) > 1 else "each request"
    return make(
        problem="sync-route-without-blocking-work",
        domain="async",
        severity="medium" if what == "dependency" and len(set(routes)) > 10 else "low",
        confidence="certain",
        message=f"the {what} `def {function.name}` does nothing that blocks, and {paid} pays for a thread to run it in",
        module=function.module,
        owner=function.qualname,
        node=function.node,
        code=f"def {function.name}",
        routes=routes,
        call_path=(function.location,),
        evidence=(
            SourceEvidence(
                text="FastAPI runs a plain function in a thread; every expression of this one was seen to take no time",
                locations=(function.location,),
            ),
        ),
        impact=impact,
        fix_class="proved",
    )
