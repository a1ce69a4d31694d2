"""Uses the client that the service already shares, or makes one that lives as long as the service."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

import msgspec

from pitstop.data import FileChange, Finding, Patch
from pitstop.errors import PatchError
from pitstop.patching.edits import Edit, make_patch
from pitstop.patching.imports import ensure_import
from pitstop.patching.python import Source
from pitstop.patching.statements import unwrap_with
from pitstop.problems.async_.client_per_request.guards import refuse_settings, refuse_use
from pitstop.problems.async_.client_per_request.rule import find
from pitstop.problems.async_.client_per_request.shared import Shared, find_shared
from pitstop.problems.editing import node_at, open_source, without_dead_import
from pitstop.problems.lasting import NoLifespanError, find_made, make_lasting
from pitstop.problems.layout import settle
from pitstop.problems.lifespans import with_lifespan
from pitstop.project import library, with_texts

if TYPE_CHECKING:
    from pitstop.project import Project
    from pitstop.project.model import FunctionInfo


def propose(finding: Finding, project: Project) -> Patch:
    """One client for all requests. Raises PatchError."""
    if finding.places:
        raise PatchError("the same client is built in several places of the function")
    return make_patch(
        finding,
        f"Share one client in {finding.location.symbol.rpartition('.')[2]}",
        _changes(project, finding),
        ("clients", "cpu", "duration"),
        risk="A shared client keeps cookies and connections between requests, and belongs to the event loop that it was first used on.",
        validate="No client is built during a request, and answers are the same.",
        rollback="pitstop undo",
    )


def _changes(project: Project, finding: Finding) -> tuple[FileChange, ...]:
    """The changes; with a lifespan to close the client in, where the app has none and can get one."""
    try:
        return _in_project(project, finding)
    except NoLifespanError as error:
        try:
            added = with_lifespan(project)
        except PatchError as why:
            raise PatchError(f"{error.message}: {why.message}", error.hint) from None
    assert added.after is not None
    prepared = with_texts(project, {added.path: added.after})
    again = next((each for each in find(prepared) if each.id == finding.id), None)
    if again is None:
        raise PatchError("with a lifespan the client would not be found any more")
    changes = {each.path: each for each in _in_project(prepared, again)}
    own = changes.pop(added.path, added)
    return (*changes.values(), msgspec.structs.replace(own, before=added.before))


def _in_project(project: Project, finding: Finding) -> tuple[FileChange, ...]:
    function = project.index.functions.get(finding.location.symbol)
    if function is None:
        raise PatchError("the function is not there any more")
    source = open_source(project, finding.location.path)
    call = node_at(source, ast.Call, finding.location)
    block = source.statement(call)
    if (
        not isinstance(block, (ast.With, ast.AsyncWith))
        or len(block.items) != 1
        or block.items[0].context_expr is not call
    ):
        raise PatchError(
            "the client is not opened by a `with` block of its own, so where it is closed cannot be told"
        )
    name = block.items[0].optional_vars
    if not isinstance(name, ast.Name):
        raise PatchError("the client has no name of its own")
    if not source.begins_line(block) or not source.begins_line(block.body[0]):
        raise PatchError("the block shares its lines with other statements")
    refuse_use(source, block, name.id, source.segment(call.func))
    made = find_made(source, source.segment(call))
    shared = find_shared(project, function, call) or (Shared(expression=made) if made else None)
    if shared is not None:
        return (_use_shared(source, function, block, name.id, shared),)
    refuse_settings(project, function, source, call)
    return _make_shared(project, function, source, call, block, name.id)


def _use_shared(
    source: Source, function: FunctionInfo, block: ast.With | ast.AsyncWith, name: str, shared: Shared
) -> FileChange:
    """The block without its client; the shared one takes its name."""
    edits: list[Edit] = [*unwrap_with(source, block)]
    if shared.expression:
        edits += _assigned(source, block, f"{name} = {shared.expression}")
    else:
        edits += _parameter(source, function, block, name, shared)
    module = source.segment(block.items[0].context_expr).partition(".")[0].partition("(")[0]
    return without_dead_import(settle(source, edits), module)


def _assigned(source: Source, block: ast.With | ast.AsyncWith, text: str) -> list[Edit]:
    start = source.line_start(source.line_of(source.start(block)))
    return [source.edit(start, start, f"{source.indentation(block)}{text}{source.newline}")]


def _parameter(
    source: Source, function: FunctionInfo, block: ast.With | ast.AsyncWith, name: str, shared: Shared
) -> list[Edit]:
    """The shared client as a dependency in place of the parameters that only the old one needed."""
    node = next(p for p in source.parents(block) if isinstance(p, (ast.FunctionDef, ast.AsyncFunctionDef)))
    arguments = node.args
    if arguments.posonlyargs or arguments.vararg or arguments.kwarg:
        raise PatchError(
            f"{source.path}:{node.lineno}: the parameters of `{function.name}` cannot be changed safely"
        )
    used = {
        n.id
        for statement in node.body
        for n in ast.walk(statement)
        if isinstance(n, ast.Name) and not _within(n, block.items[0].context_expr)
    }
    given = [*arguments.args, *arguments.kwonlyargs]
    dead = [a for a in given if a.arg not in used]
    imports, local = (
        ensure_import(source, shared.module, shared.name, at=node)
        if shared.module != ""
        else ([], shared.name)
    )
    if len(dead) == 1 and not arguments.defaults and not arguments.kw_defaults:
        # A parameter ends before its annotation begins a default; `ast.arg` spans name and annotation.
        start, end = source.start(dead[0]), source.end(dead[0])
        return [*imports, source.edit(start, end, f"{name}: {local}")]
    raise PatchError(
        f"{source.path}:{node.lineno}: the shared client cannot be handed to `{function.name}` without more changes"
    )


def _within(node: ast.AST, outer: ast.AST) -> bool:
    return any(each is node for each in ast.walk(outer))


def _make_shared(
    project: Project,
    function: FunctionInfo,
    source: Source,
    call: ast.Call,
    block: ast.With | ast.AsyncWith,
    name: str,
) -> tuple[FileChange, ...]:
    """A module-level function that builds the client once, and its end in the lifespan."""
    closing = _closing(project, function, call)
    lasting = make_lasting(project, function, source, block, source.segment(call), f"shared_{name}", closing)
    edits = [*lasting.edits, *unwrap_with(source, block)]
    edits += _assigned(source, block, f"{name} = {lasting.name}()")
    own = settle(source, [edit for edit in edits if edit.path == source.path])
    if lasting.other is None:
        return (own,)
    return own, settle(lasting.other, [edit for edit in edits if edit.path == lasting.other.path])


def _closing(project: Project, function: FunctionInfo, call: ast.Call) -> str:
    """How a client is closed, with `{}` for it."""
    for sink in project.calls.sinks(function):
        if sink.known.kind == "builds-client" and sink.site.node.line == call.lineno:
            closes = library.known(sink.name)
            method = closes.closes if closes is not None else "close"
            wait = "await " if method == "aclose" or "aiohttp" in sink.name else ""
            return f"{wait}{{}}.{method}()"
    raise PatchError("how the client is closed is not known")
