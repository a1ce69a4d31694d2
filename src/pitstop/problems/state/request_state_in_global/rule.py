"""Module-level variables that one route writes and another reads."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from pitstop.data import Confidence, Finding, Severity, SourceEvidence
from pitstop.problems.findings import make, merge_places, path_of, route_names
from pitstop.problems.state.request_state_in_global import rows
from pitstop.project.calls import Step
from pitstop.project.doubt import weigh
from pitstop.project.facts import (
    Assign,
    Attr,
    Call,
    Const,
    Dict,
    Expr,
    If,
    Name,
    Op,
    Other,
    Seq,
    Sub,
    children,
)
from pitstop.project.model import FunctionInfo

if TYPE_CHECKING:
    from pitstop.project import Project
    from pitstop.project.model import Module

_CONTAINERS = {"dict", "list", "set", "defaultdict", "deque", "OrderedDict", "Counter"}
_ADDS = {"append", "add", "insert", "extend", "appendleft", "update", "setdefault"}
_ON_PURPOSE = re.compile(
    r"cache|memo|regist|connect|socket|task|lock|queue|client|pool|engine|session_?maker|loaded|instance|singleton|metric|stat|count"
    r"|plugin|handler|hook|listener|subscri|listen|event|model|pipeline|token(?:izer)|executor|process|worker|thread|running|version|limiter"
    r"|config|setting|ready|initial|health|start|warn|seen|logged",
    re.IGNORECASE,
)
"""Caches, registries, things that live in this process only, flags of the process itself."""


@dataclass(frozen=True, slots=True)
class _Write:
    """One place that writes a global: the expression, and what is put there."""

    name: str
    node: Expr
    value: Expr | None


def find(project: Project) -> list[Finding]:
    """One finding for each global that a request writes for another one to read, or that keeps rows of the database."""
    return merge_places([*_find(project), *rows.find(project)])


def _find(project: Project) -> Iterator[Finding]:
    by_module: dict[str, list[FunctionInfo]] = {}
    for function in project.functions:
        by_module.setdefault(function.module.path, []).append(function)
    for path, module in project.index.by_path.items():
        held = _held(module)
        if not held:
            continue
        functions = by_module.get(path, [])
        for function in functions:
            for write in _writes(function, held):
                finding = _judged(project, function, write, functions)
                if finding is not None:
                    yield finding


def _held(module: Module) -> set[str]:
    """The module's variables that hold a container or a plain value, and are no constants of configuration."""
    found = set()
    for name, bindings in module.bindings.items():
        values = [b.value for b in bindings if b.how == "value"]
        if not values or _ON_PURPOSE.search(name) or name.startswith("__"):
            continue
        if all(value is not None and _is_plain(value) for value in values):
            found.add(name)
    return found


def _is_plain(value: Expr) -> bool:
    match value:
        case Dict():
            return not value.keys
        case Seq():
            return not value.items and value.kind != "tuple"
        case Const():
            return value.kind in {"NoneType", "str", "int"}
        case Call():
            last = value.func.attr if isinstance(value.func, Attr) else getattr(value.func, "id", "")
            return last in _CONTAINERS and all(isinstance(a, Name) for a in value.args)
        case _:
            return False


def _writes(function: FunctionInfo, held: set[str]) -> Iterator[_Write]:
    body = list(function.statements)
    declares = any(isinstance(s, Other) and s.kind == "Global" for s in body)
    own = {n for n in function.bindings if not declares or n not in held}
    for statement in body:
        if isinstance(statement, Assign) and statement.value is not None:
            for target in statement.targets:
                if isinstance(target, Name) and declares and target.id in held:
                    yield _Write(target.id, target, statement.value)
                if isinstance(target, Sub) and isinstance(target.value, Name):
                    name = target.value.id
                    if name in held and name not in own:
                        yield _Write(name, target, statement.value)
    for site in function.calls:
        call = site.node
        assert isinstance(call, Call)
        if isinstance(call.func, Attr) and call.func.attr in _ADDS and isinstance(call.func.value, Name):
            name = call.func.value.id
            if name in held and name not in own:
                yield _Write(name, call, call.args[-1] if call.args else None)


def _judged(
    project: Project, function: FunctionInfo, write: _Write, functions: list[FunctionInfo]
) -> Finding | None:
    reach = project.calls.reach(function)
    if reach is None or write.value is None or _ON_PURPOSE.search(function.name):
        return None
    whole = isinstance(write.node, Name)
    if _fills_what_is_missing(function, write.name) or not _comes_from_request(write.value, function):
        return None
    if _lives_here(project, write.value, function):
        return None
    readers = [f for f in functions if f is not function and _reads(f, write.name)]
    routes = set(route_names(reach))
    others = [
        f for f in readers if (r := project.calls.reach(f)) is not None and set(route_names(r)) - routes
    ]
    if not others:
        return None
    site = next(s for s in function.sites if s.node is write.node)
    severity: Severity = "high" if whole else "medium"
    # One process may serve all, and the value be sent to the others as well.
    confidence: Confidence = "possible"
    confidence, severity, why = weigh(reach, (Step(function, site),), confidence, severity)
    shown = "writes to" if whole else "puts into"
    return make(
        problem="request-state-in-global",
        domain="state",
        severity=severity,
        confidence=confidence,
        message=f"`{function.name}` {shown} the global `{write.name}` what `{others[0].name}` reads in other requests:"
        " each worker process has its own",
        module=function.module,
        owner=function.qualname,
        node=write.node,
        identity=(function.module.name, write.name),
        routes=route_names(reach),
        call_path=path_of(reach),
        evidence=(
            SourceEvidence(
                text=f"`{write.name}` is a variable of the module; a request writes it and others read it"
                + (f"; but {why}" if why else ""),
                locations=(function.at(write.node), *(f.location for f in others[:3])),
            ),
        ),
        fix_class="decide",
    )


def _fills_what_is_missing(function: FunctionInfo, name: str) -> bool:
    """`if X is None:`, `if not X:`, `if key not in X:`: what is put there is kept on purpose, made once."""
    for statement in function.statements:
        if isinstance(statement, If) and isinstance(statement.test, Op):
            test = statement.test
            if test.op in {"Is", "IsNot", "Not", "NotIn", "In"} and name in _names(test):
                return True
    return any(
        isinstance(site.node, Call)
        and isinstance(site.node.func, Attr)
        and site.node.func.attr == "get"
        and isinstance(site.node.func.value, Name)
        and site.node.func.value.id == name
        for site in function.calls
    )


def _comes_from_request(value: Expr, function: FunctionInfo) -> bool:
    """Whether a value is made of parameters or of local names."""
    local = {
        name
        for name, bound in function.bindings.items()
        if any(b.how in {"parameter", "value", "enter"} for b in bound)
    }
    return bool(_names(value) & local)


def _lives_here(project: Project, value: Expr, function: FunctionInfo) -> bool:
    """Whether a value can only live in this process: a socket, a task, a lock; or is not known."""
    inner = [v for v in value.values if not isinstance(v, Const)] if isinstance(value, Dict) else [value]
    for each in inner:
        if isinstance(each, Dict | Seq):
            continue
        found = project.types.type_of(each, function)
        if found.kind == "coroutine" or found.kind == "function":
            return True
        if isinstance(value, Dict):
            continue
        if not found or found.name.startswith(
            ("asyncio", "threading", "fastapi.WebSocket", "subprocess", "concurrent")
        ):
            return True
        if found.kind == "external":
            return True
    return False


def _reads(function: FunctionInfo, name: str) -> bool:
    if name in function.bindings:
        declares = any(isinstance(s, Other) and s.kind == "Global" for s in function.statements)
        if not declares:
            return False
    targets = {id(t) for s in function.statements if isinstance(s, Assign) for t in s.targets}
    return any(
        isinstance(s.node, Name) and s.node.id == name and id(s.node) not in targets for s in function.sites
    )


def _names(expr: Expr) -> set[str]:
    found: set[str] = set()
    stack: list[Expr] = [expr]
    while stack:
        current = stack.pop()
        if isinstance(current, Name):
            found.add(current.id)
        stack.extend(children(current))
    return found
