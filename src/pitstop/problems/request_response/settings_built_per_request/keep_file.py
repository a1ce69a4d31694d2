"""Parses a file once: a cache on the function that reads it, where nobody changes what it gives."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from pitstop.data import Finding, Patch
from pitstop.errors import PatchError
from pitstop.patching.edits import make_patch
from pitstop.patching.imports import ensure_import
from pitstop.patching.rewrite import decorate
from pitstop.problems.editing import open_source
from pitstop.problems.layout import settle
from pitstop.project.facts import Assign, Attr, Aug, Call, Expr, Name, Other, Sub, dotted

if TYPE_CHECKING:
    from pitstop.project import Project
    from pitstop.project.model import FunctionInfo
    from pitstop.project.parsed import Parsed

_FIXED = {
    "builtins.str",
    "builtins.int",
    "builtins.float",
    "builtins.bool",
    "builtins.bytes",
    "builtins.frozenset",
}
"""What nobody can change. A tuple may hold what somebody can."""
_CHANGES = {
    "add", "append", "clear", "discard", "extend", "insert", "pop", "popitem", "remove", "reverse", "setdefault", "sort", "update",
}  # fmt: skip
_LOOKS = {
    "all", "any", "bool", "dict", "enumerate", "filter", "float", "frozenset", "int", "isinstance", "len", "list", "max", "min", "next",
    "reversed", "set", "sorted", "str", "sum", "tuple", "zip",
}  # fmt: skip
"""Builtins that change nothing of what they are given."""


def keep_file(finding: Finding, project: Project, parsed: Parsed) -> Patch:
    """What the file says, read once for all requests. Raises PatchError."""
    reader = parsed.reader
    _refuse(project, parsed)
    source = open_source(project, reader.module.path)
    definition = next(
        (
            node
            for node in ast.walk(source.tree)
            if isinstance(node, ast.FunctionDef)
            and node.name == reader.name
            and node.lineno == reader.node.line
        ),
        None,
    )
    if definition is None:
        raise PatchError(f"{source.path}: `{reader.name}` is not there any more")
    imports, cached = ensure_import(source, "functools", "lru_cache")
    return make_patch(
        finding,
        f"Parse {parsed.file} once",
        (settle(source, [*imports, *decorate(source, definition, cached)]),),
        ("duration", "cpu", "blocked_ms"),
        risk="All requests share what was read. A file that is changed while the service runs is not read again before it is started anew; "
        f"tests that write it need `{reader.name}.cache_clear()`.",
        validate="Answers are the same; the file is opened once, not for each request.",
        rollback="pitstop undo",
    )


def _refuse(project: Project, parsed: Parsed) -> None:
    """Raise PatchError where the function cannot have a cache, or what it gives may be changed by who gets it."""
    reader = parsed.reader
    others = [each for each in reader.node.decorators if dotted(each) not in {"classmethod", "staticmethod"}]
    is_bound = reader.owner is not None and not reader.node.decorators
    if others or is_bound or reader.parent is not None:
        raise PatchError(
            f"`{reader.name}` belongs to an object, or has a decorator: a cache there would be another thing"
        )
    given = project.types.returned(reader)
    if given.kind == "instance" and given.name in project.index.classes:
        _refuse_changed(project, given.name)
    elif given.name not in _FIXED:
        for each in project.parsed.found.values():
            if each.reader is reader and not _is_only_looked_at(project, each):
                raise PatchError(
                    f"what `{reader.name}` gives could be changed by who gets it in `{each.function.name}`, and would be changed for all requests"
                )


def _refuse_changed(project: Project, name: str) -> None:
    """Raise PatchError where an object of a class is changed: an attribute, or what one holds."""
    for function in project.functions:
        if function.owner is not None and function.owner.qualname == name:
            if function.name not in {"__init__", "__post_init__"} and _changes_self(function):
                raise PatchError(
                    f"`{function.name}` changes its object, and would change it for all requests"
                )
            continue
        for target in _changed(function):
            inner: Expr = target
            while isinstance(inner, (Attr, Sub)):
                inner = inner.value
                if project.types.type_of(inner, function).name == name:
                    raise PatchError(
                        f"`{function.name}` changes what was read, and would change it for all requests"
                    )


def _changes_self(function: FunctionInfo) -> bool:
    return any(
        isinstance(target, (Attr, Sub)) and _root(target) in {"self", "cls"} for target in _changed(function)
    )


def _changed(function: FunctionInfo) -> list[Expr]:
    """What a function assigns to, deletes, or calls a changing method of."""
    found: list[Expr] = []
    for statement in function.statements:
        if isinstance(statement, Assign):
            found.extend(statement.targets)
        elif isinstance(statement, Aug):
            found.append(statement.target)
        elif isinstance(statement, Other) and statement.kind == "Delete":
            found.extend(statement.expressions)
    for site in function.calls:
        call = site.node
        if isinstance(call, Call) and isinstance(call.func, Attr) and call.func.attr in _CHANGES:
            found.append(call.func)
    return found


def _root(expr: Expr) -> str:
    while isinstance(expr, (Attr, Sub)):
        expr = expr.value
    return expr.id if isinstance(expr, Name) else ""


def _is_only_looked_at(project: Project, parsed: Parsed) -> bool:
    """Whether a function changes nothing that it did not make itself, hands what was read to nobody, and answers with it at most."""
    function = parsed.function
    names = {
        target.id
        for statement in function.statements
        if isinstance(statement, Assign) and statement.value is parsed.site.node
        for target in statement.targets
        if isinstance(target, Name)
    }
    if any(isinstance(target, (Attr, Sub)) for target in _changed(function)):
        return False
    is_handler = any(route.function is function for route in project.routes.all)
    for value in function.returns:
        if not is_handler and (
            value is parsed.site.node or not isinstance(value, (Name, Sub, Attr)) or _root(value) in names
        ):
            return False
    for site in function.calls:
        call = site.node
        assert isinstance(call, Call)
        handed = [
            each
            for each in (*call.args, *(k.value for k in call.keywords))
            if each is parsed.site.node or _root(each) in names
        ]
        if handed and dotted(call.func) not in _LOOKS:
            return False
    return True
