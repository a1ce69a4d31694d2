"""Makes an engine or a session maker once: where the module is loaded, or when a function is first asked for it."""

from __future__ import annotations

import ast
import tokenize
from typing import TYPE_CHECKING

from pitstop.data import FileChange, Finding, Patch
from pitstop.errors import PatchError
from pitstop.patching.edits import Edit, make_patch
from pitstop.patching.imports import ensure_import
from pitstop.patching.python import Function, Source
from pitstop.patching.rewrite import decorate
from pitstop.problems.editing import node_at, open_source, twin_of
from pitstop.problems.hoisting import above, instead, known_above, refuse_other_meaning, top_level
from pitstop.problems.layout import settle
from pitstop.project.facts import Call
from pitstop.project.model import FunctionInfo

if TYPE_CHECKING:
    from pitstop.project import Project
    from pitstop.project.model import Module
    from pitstop.verdicts import Metric

_ENGINES = {"create_engine", "create_async_engine", "engine_from_config", "async_engine_from_config"}
_MAKERS = {"sessionmaker", "async_sessionmaker"}


def propose(finding: Finding, project: Project) -> Patch:
    """One engine for all requests. Raises PatchError."""
    if finding.places:
        raise PatchError("several are built there, and which of them could be one is not clear")
    source = open_source(project, finding.location.path)
    call = node_at(source, ast.Call, finding.location)
    function = project.index.functions[finding.location.symbol]
    module = function.module
    what = "session maker" if _last(call) in _MAKERS else "engine"
    _refuse_dispose(project, function)
    change = _kept_elsewhere(project, function, source, call) or _kept(source, call)
    aims: tuple[Metric, ...] = (
        ("cpu", "duration") if what == "session maker" else ("connects", "cpu", "duration")
    )
    return make_patch(
        finding,
        f"Make one {what} for all requests",
        (change or _hoisted(project, module, source, call),),
        aims,
        risk="Connections stay open in the pool. An asynchronous engine belongs to the event loop that it first connected on: tests with a loop each need an engine "
        "each, or `NullPool`. Processes that fork must not share it.",
        validate="Count connections: they stay at the size of the pool under load.",
        rollback="pitstop undo",
    )


def _last(call: ast.Call) -> str:
    return call.func.attr if isinstance(call.func, ast.Attribute) else getattr(call.func, "id", "")


def _refuse_dispose(project: Project, function: FunctionInfo) -> None:
    """Raise PatchError where the function ends the engine that it has made."""
    if ".dispose(" in function.module.text(function.node):
        raise PatchError(
            f"`{function.name}` disposes of the engine: one for all requests has to live until the service ends"
        )
    for call in function.calls:
        assert isinstance(call.node, Call)
        for target in project.calls.targets(call.node, function):
            if ".dispose(" in target.module.text(target.node):
                raise PatchError(f"`{target.name}` disposes of an engine")


# --- a function that gives it ---------------------------------------------------------------------------------------


def _kept_elsewhere(
    project: Project, function: FunctionInfo, source: Source, call: ast.Call
) -> FileChange | None:
    """The project's function that is called for it, under a cache; None where the engine is built right there."""
    if _last(call) in _ENGINES | _MAKERS:
        return None
    light = next(site.node for site in function.calls if twin_of(source, ast.Call, site.node) is call)
    assert isinstance(light, Call)
    targets = project.calls.targets(light, function)
    if len(targets) != 1:
        raise PatchError(
            f"`{source.segment(call.func)}` opens a connection or a pool: that has to be made when the service starts, and closed when it ends"
        )
    if call.args or call.keywords:
        raise PatchError(
            f"`{targets[0].name}` makes it of what it is given: engines for several databases are kept in a dictionary by their URL"
        )
    other = source if targets[0].module is function.module else open_source(project, targets[0].module.path)
    line = targets[0].node.span[0]
    made = next((n for n in ast.walk(other.tree) if isinstance(n, Function) and n.lineno == line), None)
    built = [
        n for n in ast.walk(made or other.tree) if isinstance(n, ast.Call) and _last(n) in _ENGINES | _MAKERS
    ]
    change = _kept(other, built[0]) if made is not None and len(built) == 1 else None
    if change is None:
        raise PatchError(f"`{targets[0].name}` does more than to make it")
    return change


def _kept(source: Source, call: ast.Call) -> FileChange | None:
    """The function around a call under a cache, where the engine is all that it gives; None where it is for more."""
    function = next((p for p in source.parents(call) if isinstance(p, Function)), None)
    if not isinstance(function, ast.FunctionDef) or any(ast.iter_child_nodes(function.args)):
        return None
    returns = [n for n in ast.walk(function) if isinstance(n, ast.Return)]
    if len(returns) != 1 or returns[0] is not function.body[-1] or not _gives(source, returns[0], call):
        return None
    if function not in source.tree.body or function.decorator_list:
        raise PatchError(f"`{function.name}` is decorated, or part of something else")
    imports, cached = ensure_import(source, "functools", "lru_cache")
    return settle(source, [*imports, *decorate(source, function, cached)])


def _gives(source: Source, returned: ast.Return, call: ast.Call) -> bool:
    statement = source.statement(call)
    name = statement.targets[0] if isinstance(statement, ast.Assign) and len(statement.targets) == 1 else None
    return returned.value is call or (
        isinstance(name, ast.Name)
        and isinstance(statement, ast.Assign)
        and statement.value is call
        and isinstance(returned.value, ast.Name)
        and returned.value.id == name.id
    )


# --- a name of the module -------------------------------------------------------------------------------------------


def _hoisted(project: Project, module: Module, source: Source, call: ast.Call) -> FileChange:
    """The engine above the function, and the session maker that is built of it there as well."""
    if _last(call) not in _ENGINES | _MAKERS:
        raise PatchError("what is built cannot be told from the call")
    name, edits = _above(project, module, source, call)
    change = settle(source, edits)
    after = Source(source.path, change.after or "", source.line_length)
    for node in ast.walk(after.tree):
        if (
            isinstance(node, ast.Call)
            and _last(node) in _MAKERS
            and name in _names(node)
            and after.scopes(node)[:-1]
        ):
            try:
                _, more = _above(project, module, after, node)
            except PatchError:
                continue
            text = settle(after, more).after
            return FileChange(path=source.path, before=source.text, after=text)
    return change


def _names(node: ast.AST) -> set[str]:
    return {n.id for n in ast.walk(node) if isinstance(n, ast.Name)}


def _above(project: Project, module: Module, source: Source, call: ast.Call) -> tuple[str, list[Edit]]:
    """What a call builds as a name of the module, and that name in its place."""
    _refuse_settings(source, call)
    top = top_level(source, call)
    if top.lineno == source.statement(call).lineno:
        raise PatchError("it is built where a function takes its defaults")
    refuse_other_meaning(project, module, source, call, top)
    known = known_above(source, call, top)
    name = known or _name(source, call)
    local = _assigned(source, call)
    others = [
        n
        for n in ast.walk(source.tree)
        if isinstance(n, ast.Name) and n.id == name and source.scopes(n)[:-1] != source.scopes(call)[:-1]
    ]
    if not known and (others or (name != local and name in _names(source.tree)) or name in module.bindings):
        raise PatchError(f"`{name}`, as which it could be kept, means something else already")
    edits = instead(source, call, name)
    if not known:
        edits.append(_put(source, top, f"{name} = {_dedented(source, call)}"))
    return name, edits


def _put(source: Source, top: ast.stmt, text: str) -> Edit:
    """A definition below the constants and imports that stand before a statement of the module; right above it where there are none."""
    block, place = source.block(top)
    before = block[place - 1] if place else None
    if not isinstance(before, ast.Assign | ast.AnnAssign | ast.Expr | ast.Import | ast.ImportFrom):
        return above(source, top, text)
    at = source.line_start(source.line_of(source.end(before)) + 1)
    gap = source.newline if isinstance(before, ast.Import | ast.ImportFrom) else ""
    return source.edit(at, at, gap + text.replace("\n", source.newline) + source.newline)


def _assigned(source: Source, call: ast.Call) -> str:
    """The name that the call's result is given; empty where it is used at once."""
    statement = source.statement(call)
    if isinstance(statement, ast.Assign) and statement.value is call and len(statement.targets) == 1:
        return statement.targets[0].id if isinstance(statement.targets[0], ast.Name) else ""
    return ""


def _name(source: Source, call: ast.Call) -> str:
    given = _assigned(source, call)
    return given or ("session_maker" if _last(call) in _MAKERS else "engine")


def _refuse_settings(source: Source, call: ast.Call) -> None:
    """Raise PatchError where it is made of what may not be there when the module is loaded, or where a comment speaks of it."""
    function = next((p for p in source.parents(call) if isinstance(p, Function)), None)
    brought = {n.arg for n in ast.walk(function.args) if isinstance(n, ast.arg)} if function else set()
    given = next((n for n in ast.walk(call) if isinstance(n, ast.Name) and n.id in brought), None)
    if given is not None:
        raise PatchError(
            f"it is made of `{given.id}`, which each request brings: engines for several databases are kept in a dictionary by their URL, "
            "or by a function of the URL under `lru_cache`"
        )
    for node in ast.walk(call):
        if node is not call and isinstance(node, ast.Call | ast.Subscript):
            raise PatchError(
                f"`{ast.unparse(node)}` is asked on each request, and may have no answer when the module is loaded"
            )
    first, last = source.line_of(source.start(call)), source.line_of(source.end(call))
    if any(token.type == tokenize.COMMENT and first - 1 <= token.start[0] <= last for token in source.tokens):
        raise PatchError("a comment speaks of it where it stands")


def _dedented(source: Source, call: ast.Call) -> str:
    """The text of a call as it stands at no indentation."""
    if any(call.lineno < number <= (call.end_lineno or 0) for number in source.string_lines):
        raise PatchError("it holds a text of several lines")
    indent = source.indentation(source.statement(call))
    return "\n".join(line.removeprefix(indent) for line in source.segment(call).split("\n"))
