"""What a function is given of a request: the parameters of handlers and dependencies, and where they are handed on."""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

from pitstop.project.calls import Step
from pitstop.project.carried import names_read
from pitstop.project.facts import (
    Attr,
    Call,
    Comp,
    Expr,
    If,
    IfExp,
    Name,
    Op,
    Other,
    Parameter,
    Sub,
    While,
    children,
    dotted,
    string,
)
from pitstop.project.loads import handed

if TYPE_CHECKING:
    from pitstop.project import Project
    from pitstop.project.model import FunctionInfo
    from pitstop.project.routes import Route

Kind = Literal["text", "value"]
_DEPTH = 3
_SCALARS = {"int", "str", "uuid.UUID", "float", "bool"}
_SAME = {
    "strip",
    "lower",
    "upper",
    "split",
    "lstrip",
    "rstrip",
    "replace",
    "removeprefix",
    "removesuffix",
    "casefold",
}
_PARTS = {"query_params", "headers", "cookies", "path_params"}
_CHECKED = re.compile(r"\b(?:pattern|regex|enum)\s*=|AfterValidator|BeforeValidator|Json\b")
_BODY = re.compile(r"\bBody\(")
_REQUESTS = {"fastapi.Request", "starlette.requests.Request", "fastapi.requests.Request"}


@dataclass
class Given:
    """What of a function's parameters comes straight from the request, for which routes, and by which way."""

    function: FunctionInfo
    names: Mapping[str, Kind]
    path: tuple[Step, ...]
    routes: list[Route] = field(default_factory=list)


def given(project: Project) -> Iterator[Given]:
    """Each function that is given something of a request, with the way that leads to it."""
    found: dict[tuple[str, str, frozenset[tuple[str, Kind]]], Given] = {}
    for route in project.routes.all:
        if route.kind != "route":
            continue
        for entry in (route.function, *route.dependencies):
            names = _of_entry(project, entry, route)
            todo: deque[Given] = deque([Given(entry, names, ())])
            seen: set[str] = set()
            while todo:
                here = todo.popleft()
                if here.function.qualname in seen:
                    continue
                seen.add(here.function.qualname)
                key = (here.function.qualname, entry.qualname, frozenset(here.names.items()))
                found.setdefault(key, here).routes.append(route)
                if here.names and len(here.path) < _DEPTH:
                    todo.extend(_handed_on(project, here))
    return iter(found.values())


def _of_entry(project: Project, function: FunctionInfo, route: Route) -> dict[str, Kind]:
    in_path = set(re.findall(r"{(\w+)(?::\w+)?}", route.path))
    names: dict[str, Kind] = {}
    for parameter in function.node.parameters:
        kind = _kind(project, function, parameter, in_path)
        if kind is not None:
            names[parameter.name] = kind
    return names


def _kind(project: Project, function: FunctionInfo, parameter: Parameter, in_path: set[str]) -> Kind | None:
    home = function.parent or function.module
    if parameter.kind or project.types.depends(parameter.default, home) is not None:
        return None
    if any(
        True
        for m, where, _ in project.types.metadata(parameter.annotation, home)
        if project.types.depends(m, where)
    ):
        return None
    written = " ".join(
        function.module.text(part) for part in (parameter.annotation, parameter.default) if part is not None
    )
    written += "".join(_aliases(project, function, parameter.annotation))
    if _CHECKED.search(written) or _BODY.search(written) or "Literal" in written:
        return None
    found = project.types.annotation(parameter.annotation, function)
    if parameter.annotation is None and parameter.name in in_path:
        return "text"
    if found.kind != "instance" or found.name not in _SCALARS:
        return None
    return "text" if found.name == "str" else "value"


def _aliases(project: Project, function: FunctionInfo, annotation: Expr | None) -> Iterator[str]:
    """The text of what the names of an annotation stand for: `Status = Literal["new", "done"]`."""
    stack = [annotation] if annotation is not None else []
    while stack:
        current = stack.pop()
        stack.extend(children(current))
        binding = project.index.member(function.module, current.id) if isinstance(current, Name) else None
        home = project.index.module(binding.target) if binding is not None else None
        if binding is not None and binding.value is not None and home is not None:
            yield f" {home.text(binding.value)}"


def _handed_on(project: Project, here: Given) -> Iterator[Given]:
    for edge in project.calls.edges(here.function):
        call = edge.site.node
        if edge.kind != "call" or edge.choice or edge.site.rescue or not isinstance(call, Call):
            continue
        names: dict[str, Kind] = {}
        for parameter in edge.target.node.parameters:
            value = handed(call, edge.target, parameter.name)
            kind = here.names.get(value.id) if isinstance(value, Name) else None
            if kind is not None:
                names[parameter.name] = kind
        if names:
            yield Given(edge.target, names, (*here.path, Step(here.function, edge.site)))


def text_of(project: Project, here: Given, expr: Expr | None, depth: int = 0) -> str:
    """The name of what a text expression takes from the request (`page`, `request.headers`), or nothing."""
    if expr is None or depth > 6:
        return ""
    match expr:
        case Name():
            if here.names.get(expr.id) == "text" and not _is_bound_anew(here.function, expr.id):
                return expr.id
            bindings = here.function.bindings.get(expr.id, ())
            if bindings and all(b.how in {"value", "element"} and not b.index for b in bindings):
                texts = [text_of(project, here, b.value, depth + 1) for b in bindings]
                return texts[0] if all(texts) else ""
        case Call() if isinstance(expr.func, Attr) and expr.func.attr in _SAME:
            return text_of(project, here, expr.func.value, depth + 1)
        case Call() if isinstance(expr.func, Attr) and expr.func.attr == "get":
            return (
                ""
                if expr.args and _is_checked_by_server(expr.args[0])
                else _part(project, here, expr.func.value)
            )
        case Sub() if not _is_checked_by_server(expr.index):
            return _part(project, here, expr.value) or text_of(project, here, expr.value, depth + 1)
    return ""


def _is_checked_by_server(name: Expr) -> bool:
    """`Content-Length`: a server refuses a request in which it is no number."""
    return string(name).lower() == "content-length"


def _part(project: Project, here: Given, expr: Expr) -> str:
    """`request.query_params` and the like, where `request` is the request."""
    if isinstance(expr, Attr) and expr.attr in _PARTS and isinstance(expr.value, Name):
        found = project.types.type_of(expr.value, here.function)
        if found.name in _REQUESTS:
            return dotted(expr)
    return ""


def _is_bound_anew(function: FunctionInfo, name: str) -> bool:
    return len(function.bindings.get(name, ())) > 1


def is_presence(test: Expr) -> bool:
    """Whether a test only asks if something is there: `x`, `x is not None`, `x != ""`, and these joined."""
    if isinstance(test, Name | Attr):
        return True
    if isinstance(test, Call):
        return isinstance(test.func, Attr) and test.func.attr == "get"
    if isinstance(test, Op):
        if test.op in {"And", "Or", "Not"}:
            return all(is_presence(operand) for operand in test.operands)
        if test.op in {"Is", "IsNot", "NotEq", "Eq"}:
            return type(test.operands[-1]).__name__ == "Const"
    return False


def tests_of(function: FunctionInfo, name: str) -> Iterator[Expr]:
    """The tests of a function that name a value: of `if`, `while`, conditional expressions, comprehensions and `assert`."""
    for statement in function.statements:
        tests: tuple[Expr, ...] = ()
        if isinstance(statement, If | While):
            tests = (statement.test,)
        elif isinstance(statement, Other) and statement.kind in {"Assert", "Match"}:
            tests = statement.expressions
        yield from (test for test in tests if name in names_read(test))
    for site in function.sites:
        if isinstance(site.node, IfExp) and name in names_read(site.node.test):
            yield site.node.test
        elif isinstance(site.node, Comp):
            tests = tuple(test for generator in site.node.generators for test in generator.ifs)
            yield from (test for test in tests if name in names_read(test))
