"""Takes a cache that keeps coroutines off, or puts one in its place that awaits them."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from pitstop.data import FileChange, Finding, Patch
from pitstop.errors import PatchError
from pitstop.patching.edits import Edit, make_patch
from pitstop.patching.imports import ensure_import
from pitstop.patching.python import Source
from pitstop.problems.editing import open_source, without_dead_import
from pitstop.problems.layout import settle

if TYPE_CHECKING:
    from pitstop.project import Project

_KEPT = {"lru_cache", "cache"}
_PACKAGE = "async-lru"


def without_cache(finding: Finding, project: Project) -> Patch:
    """The function without its cache. Raises PatchError."""
    source, function, decorator = _found(finding, project)
    edits: list[Edit]
    if _name(decorator) == "cached_property":
        # Callers read it without a call.
        edits = [source.edit(source.start(decorator), source.end(decorator), "property")]
    else:
        first = source.line_of(source.start(decorator))
        last = source.line_of(source.end(decorator))
        line = source.data[source.line_start(first) : source.line_start(last + 1)]
        if not line.lstrip().startswith(b"@"):
            raise PatchError("the decorator shares its lines with others")
        edits = [source.edit(source.line_start(first), source.line_start(last + 1), "")]
    return make_patch(
        finding,
        f"Keep no coroutines of {function.name}",
        (_clean(source, edits, decorator),),
        (),
        risk="Each call does the work anew, where the second one failed so far.",
        validate="Two requests with the same arguments are both answered.",
        rollback="pitstop undo",
    )


def with_results(finding: Finding, project: Project) -> Patch:
    """The cache of `async_lru`, which keeps results. Raises PatchError."""
    source, function, decorator = _found(finding, project)
    if project.versions.of(_PACKAGE) is None:
        raise PatchError(f"`{_PACKAGE}` is not among the packages of the project", "Add it first.")
    name = _name(decorator)
    if name not in _KEPT:
        raise PatchError(f"`{name}` has no twin in `async_lru`")
    imports, cached = ensure_import(source, "async_lru", "alru_cache")
    if isinstance(decorator, ast.Call):
        start, end = source.start(decorator.func), source.end(decorator.func)
        put = cached
    else:
        start, end = source.start(decorator), source.end(decorator)
        # `functools.cache` has no bound; `alru_cache` has the one of `lru_cache`.
        put = f"{cached}(maxsize=None)" if name == "cache" else cached
    return make_patch(
        finding,
        f"Keep the results of {function.name}",
        (_clean(source, [*imports, source.edit(start, end, put)], decorator),),
        (),
        risk="Results are kept until others take their place, in each worker by itself, and belong to one event loop. A `ttl` forgets them in time.",
        validate="Two requests with the same arguments are both answered, the second without the work.",
        rollback="pitstop undo",
    )


def _found(finding: Finding, project: Project) -> tuple[Source, ast.AsyncFunctionDef, ast.expr]:
    """The function and its innermost decorator. Raises PatchError."""
    source = open_source(project, finding.location.path)
    name = finding.location.symbol.rpartition(".")[2]
    for node in ast.walk(source.tree):
        if isinstance(node, ast.AsyncFunctionDef) and node.name == name and node.decorator_list:
            lines = range(source.line_of(source.start(node)), node.lineno + 1)
            if finding.location.line in lines:
                return source, node, node.decorator_list[-1]
    raise PatchError("the function is not there any more")


def _name(decorator: ast.expr) -> str:
    called = decorator.func if isinstance(decorator, ast.Call) else decorator
    return called.attr if isinstance(called, ast.Attribute) else getattr(called, "id", "")


def _clean(source: Source, edits: list[Edit], decorator: ast.expr) -> FileChange:
    called = decorator.func if isinstance(decorator, ast.Call) else decorator
    return without_dead_import(settle(source, edits), source.segment(called).partition(".")[0])
