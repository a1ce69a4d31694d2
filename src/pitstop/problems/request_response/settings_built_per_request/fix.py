"""Builds the settings once: a cache on the function that gives them, which is made where there is none."""

from __future__ import annotations

import ast
import re
from typing import TYPE_CHECKING

from pitstop.data import FileChange, Finding, Patch
from pitstop.errors import PatchError
from pitstop.patching.edits import Edit, make_patch
from pitstop.patching.imports import ensure_import
from pitstop.patching.python import Source
from pitstop.patching.rewrite import decorate, replace_expression
from pitstop.patching.statements import insert_after
from pitstop.problems.editing import node_at, open_source, written_name
from pitstop.problems.layout import settle
from pitstop.problems.request_response.settings_built_per_request.keep_file import keep_file
from pitstop.project.facts import Attr
from pitstop.project.traits import is_memoised

if TYPE_CHECKING:
    from pitstop.project import Project
    from pitstop.project.model import ClassInfo, FunctionInfo, Module

_WORD = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])")


def propose(finding: Finding, project: Project) -> Patch:
    """One object of settings for all requests. Raises PatchError."""
    if finding.places:
        raise PatchError("they are built in several places of the function")
    for parsed in project.parsed.found.values():
        if parsed.function.at(parsed.site.node) == finding.location:
            return keep_file(finding, project, parsed)
    source = open_source(project, finding.location.path)
    call = node_at(source, ast.Call, finding.location)
    module = project.index.by_path[finding.location.path]
    built = _handed(call) if re.search(r"\bDepends$", source.segment(call.func)) else call.func
    info = _settings(project, module, built)
    _refuse(project, info)
    return make_patch(
        finding,
        f"Build {info.name} once",
        _changes(project, source, module, call, built, info),
        ("cpu", "duration"),
        risk="All requests share one object: whatever changes it changes it for all. Environment variables and files that change while "
        "the service runs are not read again.",
        validate="Answers are the same; no `.env` file is opened during requests.",
        rollback="pitstop undo",
    )


def _handed(depends: ast.Call) -> ast.expr:
    if len(depends.args) != 1 or depends.keywords:
        raise PatchError("what the dependency is cannot be read from the call")
    return depends.args[0]


def _settings(project: Project, module: Module, built: ast.expr) -> ClassInfo:
    """The class of the settings, named in its module or by it: `Settings`, `config.Settings`."""
    found = None
    if isinstance(built, ast.Name):
        found = project.index.member(module, built.id)
    elif isinstance(built, ast.Attribute) and isinstance(built.value, ast.Name):
        for binding in module.bindings.get(built.value.id, ()):
            other = project.index.module(binding.target) if binding.how == "import" else None
            found = project.index.member(other, built.attr) if other is not None else None
    info = project.index.classes.get(found.target) if found is not None and found.how == "class" else None
    if info is None:
        raise PatchError("reading a file into the environment is left to where the service starts")
    return info


def _refuse(project: Project, info: ClassInfo) -> None:
    """Raise PatchError where one object is changed, or something else may be put in its place by the class itself."""
    for function in project.functions:
        for statement in function.statements:
            targets = (*getattr(statement, "targets", ()), getattr(statement, "target", None))
            if any(
                isinstance(target, Attr)
                and project.types.type_of(target.value, function).name == info.qualname
                for target in targets
            ):
                raise PatchError(
                    f"`{function.name}` changes the settings, and would change them for all requests"
                )
    replaced = re.compile(rf"dependency_overrides\[\s*(?:\w+\.)*{info.name}\s*\]")
    if any(replaced.search(each.source.text) for each in project.index.by_path.values()):
        raise PatchError(f"something is put in the place of `{info.name}` by `dependency_overrides`")


def _changes(
    project: Project, source: Source, module: Module, call: ast.Call, built: ast.expr, info: ClassInfo
) -> tuple[FileChange, ...]:
    function = _around(source, call)
    if built is call.func and function is not None and _only_gives(function, call):
        return (_kept(source, function),)
    given = next((each for each in project.functions if _gives(project, each, info)), None)
    if given is not None:
        imports, local = _imported(project, source, module, given.module, given.name)
        return (settle(source, [*imports, *_used(source, call, built, local)]),)
    name = "get_" + _WORD.sub("_", info.name).lower()
    if name in info.module.bindings or name in module.bindings:
        raise PatchError(f"`{name}`, as which they could be given, means something else already")
    if info.module is module:
        return (settle(source, [*_getter(source, info, name), *_used(source, call, built, name)]),)
    other = open_source(project, info.module.path)
    if isinstance(built, ast.Attribute):
        imports, local = [], f"{source.segment(built.value)}.{name}"
    else:
        imports, local = _imported(project, source, module, info.module, name)
    return (
        settle(source, [*imports, *_used(source, call, built, local)]),
        settle(other, _getter(other, info, name)),
    )


def _used(source: Source, call: ast.Call, built: ast.expr, name: str) -> list[Edit]:
    """What gives the settings, where they were built, or handed to `Depends`."""
    is_called = built is call.func
    return replace_expression(source, call if is_called else built, f"{name}()" if is_called else name)


def _kept(source: Source, function: ast.FunctionDef | ast.AsyncFunctionDef) -> FileChange:
    """The function that gives the settings, under a cache."""
    if isinstance(function, ast.AsyncFunctionDef):
        raise PatchError(f"`{function.name}` is a coroutine function: a cache would keep the coroutine")
    is_inner = not isinstance(next(source.parents(function)), ast.Module)
    if is_inner or any(ast.iter_child_nodes(function.args)):
        raise PatchError(f"`{function.name}` takes parameters, or is part of something else")
    imports, cached = ensure_import(source, "functools", "lru_cache")
    return settle(source, [*imports, *decorate(source, function, cached)])


def _around(source: Source, node: ast.AST) -> ast.FunctionDef | ast.AsyncFunctionDef | None:
    return next(
        (p for p in source.parents(node) if isinstance(p, ast.FunctionDef | ast.AsyncFunctionDef)), None
    )


def _only_gives(function: ast.FunctionDef | ast.AsyncFunctionDef, call: ast.Call) -> bool:
    """Whether all that a function does is to return these settings."""
    body = [s for s in function.body if not (isinstance(s, ast.Expr) and isinstance(s.value, ast.Constant))]
    return len(body) == 1 and isinstance(body[0], ast.Return) and body[0].value is call


def _gives(project: Project, function: FunctionInfo, info: ClassInfo) -> bool:
    """Whether a function of a module gives the settings, the same each time."""
    if function.owner is not None or function.parent is not None or function.node.parameters:
        return False
    return is_memoised(function) and any(
        project.types.type_of(value, function).name == info.qualname for value in function.returns
    )


def _imported(
    project: Project, source: Source, here: Module, there: Module, name: str
) -> tuple[list[Edit], str]:
    if there is here:
        return [], name
    return ensure_import(source, written_name(project, there), name)


def _getter(source: Source, info: ClassInfo, name: str) -> list[Edit]:
    """A function below the class that builds it once."""
    cls = next(
        (
            s
            for s in source.tree.body
            if isinstance(s, ast.ClassDef) and s.name == info.name and s.lineno == info.node.line
        ),
        None,
    )
    if cls is None:
        raise PatchError(f"`{info.name}` is not a class of the module itself")
    imports, cached = ensure_import(source, "functools", "lru_cache")
    text = f"\n\n@{cached}\ndef {name}() -> {info.name}:\n{source.indent_unit}return {info.name}()"
    return [*imports, *insert_after(source, cls, text)]
