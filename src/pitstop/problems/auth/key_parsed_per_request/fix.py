"""Parses a key once: in a function under a cache, which is made where there is none."""

from __future__ import annotations

import ast
import re
from typing import TYPE_CHECKING

from pitstop.data import FileChange, Finding, Patch
from pitstop.errors import PatchError
from pitstop.patching.edits import make_patch
from pitstop.patching.imports import ensure_import
from pitstop.patching.python import Function, Source
from pitstop.patching.rewrite import decorate
from pitstop.problems.editing import node_at, open_source
from pitstop.problems.hoisting import above, instead, locals_around, top_level
from pitstop.problems.layout import settle

if TYPE_CHECKING:
    from pitstop.project import Project
    from pitstop.project.model import Module

_LOADS = re.compile(r"load_(?:pem|der|ssh)_(?:x509_)?(\w+)")


def propose(finding: Finding, project: Project) -> Patch:
    """One key for all requests. Raises PatchError."""
    if finding.places:
        raise PatchError("keys are parsed in several places of the function")
    source = open_source(project, finding.location.path)
    call = node_at(source, ast.Call, finding.location)
    return make_patch(
        finding,
        "Parse the key once",
        (_kept(source, call) or _made(project.index.by_path[source.path], source, call),),
        ("cpu", "duration"),
        risk="A new key in the settings or the file holds after a restart only.",
        validate="Sign or verify with the right key and with a wrong one: the answers are the same.",
        rollback="pitstop undo",
    )


def _kept(source: Source, call: ast.Call) -> FileChange | None:
    """The function under a cache, where all that it does is to give the key; None where it does more."""
    function = next((p for p in source.parents(call) if isinstance(p, Function)), None)
    if not isinstance(function, ast.FunctionDef) or function not in source.tree.body:
        return None
    body = [s for s in function.body if not (isinstance(s, ast.Expr) and isinstance(s.value, ast.Constant))]
    gives = len(body) == 1 and isinstance(body[0], ast.Return) and body[0].value is call
    if not gives or function.decorator_list or any(ast.iter_child_nodes(function.args)):
        return None
    imports, cached = ensure_import(source, "functools", "lru_cache")
    return settle(source, [*imports, *decorate(source, function, cached)])


def _made(module: Module, source: Source, call: ast.Call) -> FileChange:
    """A function above that gives the key, and its use in the place of the key."""
    local = locals_around(source, call)
    for node in ast.walk(call):
        if isinstance(node, ast.Await) or (isinstance(node, ast.Name) and node.id in local):
            raise PatchError(f"`{ast.unparse(node)}`, of which it is made, is only known in the function")
    if "\n" in source.segment(call) and source.string_lines & set(
        range(call.lineno, (call.end_lineno or 0) + 1)
    ):
        raise PatchError("it holds a text of several lines")
    found = _LOADS.fullmatch(ast.unparse(call.func).rpartition(".")[2])
    name = found[1] if found else "parsed_key"
    if name in module.bindings or any(
        isinstance(n, ast.Name | ast.arg) and name in {getattr(n, "id", ""), getattr(n, "arg", "")}
        for n in ast.walk(source.tree)
    ):
        raise PatchError(f"`{name}`, as which it could be kept, means something else already")
    top = top_level(source, call)
    imports, cached = ensure_import(source, "functools", "lru_cache")
    first, *others = source.segment(call).split("\n")
    indent = source.indentation(source.statement(call))
    text = "\n".join([first, *(source.indent_unit + line.removeprefix(indent) for line in others)])
    given = f"@{cached}\ndef {name}():\n{source.indent_unit}return {text}"
    return settle(source, [*imports, above(source, top, given), *instead(source, call, f"{name}()")])
