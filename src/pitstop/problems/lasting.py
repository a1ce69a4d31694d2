"""A client that lives as long as the service: a function of the module that builds it once, and its end in the lifespan."""

from __future__ import annotations

import ast
from dataclasses import dataclass
from typing import TYPE_CHECKING

from pitstop.errors import PatchError
from pitstop.patching.edits import Edit
from pitstop.patching.imports import ensure_import
from pitstop.patching.python import Source, parse_expression
from pitstop.patching.statements import insert_after
from pitstop.problems.editing import open_source
from pitstop.project.facts import Yield

if TYPE_CHECKING:
    from pitstop.project import Project
    from pitstop.project.model import FunctionInfo, Module


class NoLifespanError(PatchError):
    """Nothing of the app runs as it ends."""


@dataclass(frozen=True, slots=True)
class Lasting:
    """The function's name, the edits that make it and close what it built, and the file of the lifespan where that is another."""

    name: str
    edits: tuple[Edit, ...]
    other: Source | None


def find_made(source: Source, built: str) -> str:
    """`shared_client()` for a function of the module that builds this very client once and remembers it; else empty."""
    wanted = ast.dump(parse_expression(built))
    for node in source.tree.body:
        if not isinstance(node, ast.FunctionDef) or len(node.body) != 1 or node.args.args:
            continue
        remembers = any(
            ast.unparse(d).rpartition(".")[2] in {"lru_cache", "cache"} for d in node.decorator_list
        )
        only = node.body[0]
        value = only.value if isinstance(only, ast.Return) else None
        if remembers and value is not None and ast.dump(value) == wanted:
            return f"{node.name}()"
    return ""


def make_lasting(
    project: Project,
    function: FunctionInfo,
    source: Source,
    at: ast.AST,
    built: str,
    wanted: str,
    closing: str,
) -> Lasting:
    """A function called `wanted` that builds a client once, above the code that holds `at`; `closing` has `{}` for the client.

    Raises NoLifespanError where there is none that could close it, PatchError where it cannot be told which should.
    """
    lifespans = project.routes.lifespans
    if not lifespans:
        raise NoLifespanError(
            "no lifespan was found in which a shared client could be closed",
            "Give the app a `lifespan` and run pitstop again.",
        )
    if len(lifespans) > 1:
        raise PatchError(
            "there are several lifespans, and which of them should close a shared client cannot be told"
        )
    lifespan = lifespans[0]
    made = _free_name(function.module, lifespan.module, wanted)
    imports, cached = ensure_import(source, "functools", "lru_cache", at=None)
    text = f"@{cached}\ndef {made}() -> {built.partition('(')[0]}:\n    return {built}\n\n\n"
    start = source.line_start(_first_line(source, _top_level(source, at)))
    put = text.replace("    ", source.indent_unit).replace("\n", source.newline)
    edits = [*imports, source.edit(start, start, put)]
    if lifespan.module is function.module:
        edits += _close(source, lifespan, closing, made)
        return Lasting(made, tuple(edits), None)
    other = open_source(project, lifespan.module.path)
    more, local = ensure_import(other, function.module.name, made)
    return Lasting(made, (*edits, *more, *_close(other, lifespan, closing, local)), other)


def _free_name(here: Module, lifespan: Module, wanted: str) -> str:
    """A name that neither the client's module nor the lifespan's has; with the module's own name where it is needed."""
    for name in (wanted, f"{here.name.rpartition('.')[2]}_client"):
        if name not in here.bindings and name not in lifespan.bindings:
            return name
    raise PatchError(f"`{wanted}` is taken in {here.path}")


def _first_line(source: Source, top: ast.stmt) -> int:
    """The line of a statement, or of the comments right above it."""
    line = source.line_of(source.start(top))
    while line > 1 and source.line(line - 1).startswith(b"#"):
        line -= 1
    return line


def _close(source: Source, lifespan: FunctionInfo, closing: str, made: str) -> list[Edit]:
    statement = next(
        (
            s
            for s in ast.walk(source.tree)
            if isinstance(s, ast.Expr) and isinstance(s.value, ast.Yield) and _spans(lifespan, s)
        ),
        None,
    )
    if statement is None or not any(isinstance(y, Yield) for y in lifespan.yields):
        raise PatchError(f"{source.path}: the lifespan does not yield in a line of its own")
    return insert_after(source, statement, f"{closing.format(f'{made}()')}\n{made}.cache_clear()")


def _spans(function: FunctionInfo, statement: ast.stmt) -> bool:
    start, _, end, _ = function.node.span
    return start <= statement.lineno <= end


def _top_level(source: Source, node: ast.AST) -> ast.stmt:
    return next(s for s in source.tree.body if any(each is node for each in ast.walk(s)))
