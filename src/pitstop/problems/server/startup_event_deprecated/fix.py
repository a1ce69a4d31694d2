"""Has a lifespan call what hung on start-up and shutdown events, in the same order."""

from __future__ import annotations

import ast
from dataclasses import dataclass
from typing import TYPE_CHECKING

from pitstop.data import Finding, Patch
from pitstop.errors import PatchError
from pitstop.patching.edits import Edit, make_patch
from pitstop.patching.python import Function, Source
from pitstop.patching.rewrite import last_argument
from pitstop.patching.statements import remove
from pitstop.problems.behind import lightest
from pitstop.problems.editing import free_name, open_source, twin_of
from pitstop.problems.lifespans import above, begun, made_in, settled
from pitstop.problems.server.startup_event_deprecated.elsewhere import refuse_handlers_elsewhere
from pitstop.problems.server.startup_event_deprecated.rule import Registration, has_lifespan, matches

if TYPE_CHECKING:
    from pitstop.project import Project


@dataclass(frozen=True, slots=True)
class _Handler:
    """What an event calls: how a lifespan calls it, and the edits that take it off the event."""

    event: str
    call: str
    edits: list[Edit]
    is_annotated: bool


def propose(finding: Finding, project: Project) -> Patch:
    """A lifespan that calls the handlers as the events did. Raises PatchError."""
    registrations = next((each for found, each in matches(project) if found.id == finding.id), [])
    router = project.routes.routers.get(registrations[0][0]) if registrations else None
    if router is None or router.call is None:
        raise PatchError(
            "the handlers are added in a function that is given the app, and others may add more"
        )
    if not router.is_app:
        raise PatchError(
            "the handlers are a router's, and from FastAPI 0.112.2 on run twice where it is included after they are added: "
            "call them in the lifespan of the app, once"
        )
    if has_lifespan(router):
        raise PatchError(
            "the app has a lifespan, so these never run: with them the service would do more than it does"
        )
    refuse_handlers_elsewhere(project, router, registrations)
    source = open_source(project, finding.location.path)
    call = twin_of(source, ast.Call, router.call)
    statement = made_in(source, call)
    handlers = [_handler(project, source, statement, each) for each in registrations]
    name = free_name(source, call, "lifespan", "app_lifespan")
    imported, text = _lifespan(source, call, handlers, name)
    edits = [
        above(source, statement, text),
        last_argument(source, call, f"lifespan={name}"),
        *(edit for each in handlers for edit in each.edits),
    ]
    return make_patch(
        finding,
        "Start and stop in a lifespan",
        (settled(source, imported, edits),),
        (),
        routes=lightest(project, {router.identity}),
        risk="Handlers that a plugin adds to the app later, as the service runs, are no longer called.",
        validate="Start the service and stop it: both halves log what they did before. In tests use `with TestClient(app)`.",
        rollback="pitstop undo",
    )


# --- handlers -------------------------------------------------------------------------------------------------------


def _handler(project: Project, source: Source, statement: ast.stmt, registration: Registration) -> _Handler:
    """A handler as the lifespan calls it. Raises PatchError where that would be another call."""
    _, scope, light, shown = registration
    call = twin_of(source, ast.Call, light)
    parent = next(source.parents(call))
    block, _ = source.block(statement)
    if not isinstance(parent, ast.stmt) or not any(parent is each for each in block):
        raise PatchError("a handler is added under a condition, or on a line with more")
    if isinstance(parent, Function):
        return _decorated(source, block, parent, call, shown.split()[0])
    given = light.argument(1, "func")
    called = project.types.type_of(given, scope)
    info = project.index.functions.get(called.name) if called.kind == "function" else None
    name = project.index.by_path[source.path].text(given) if given is not None else ""
    if info is None or info.node.decorators or info.yields or not name.isidentifier():
        raise PatchError(f"whether `{name}` has to be awaited cannot be told")
    _refuse_other_meaning(block, name)
    return _Handler(
        shown.split()[0],
        f"{'await ' if info.is_async else ''}{name}()",
        remove(source, parent),
        is_annotated=info.node.returns is not None,
    )


def _decorated(
    source: Source, block: list[ast.stmt], function: Function, call: ast.Call, event: str
) -> _Handler:
    if len(function.decorator_list) > 1:
        raise PatchError(
            f"`{function.name}` has other decorators, so whether it has to be awaited cannot be told"
        )
    own = [n for statement in function.body for n in ast.walk(statement)]
    if any(isinstance(n, ast.Yield | ast.YieldFrom) for n in own):
        raise PatchError(f"`{function.name}` is a generator, which the event makes and never runs")
    _refuse_other_meaning(block, function.name)
    start, stop = source.line_start(source.line_of(source.start(function))), source.own_start(function)
    line = source.line_start(source.line_of(stop))
    if source.data[source.end(call) : line].strip():
        raise PatchError(f"a comment belongs to the event of `{function.name}`")
    wait = "await " if isinstance(function, ast.AsyncFunctionDef) else ""
    edits = [source.edit(start, line, "")]
    return _Handler(event, f"{wait}{function.name}()", edits, is_annotated=function.returns is not None)


def _refuse_other_meaning(block: list[ast.stmt], name: str) -> None:
    """Raise where a handler's name means something else by the time the app starts."""
    bound = 0
    for statement in block:
        for node in ast.walk(statement):
            bound += isinstance(node, Function | ast.ClassDef) and node is statement and node.name == name
            bound += isinstance(node, ast.Name) and node.id == name and not isinstance(node.ctx, ast.Load)
            bound += isinstance(node, ast.alias) and (node.asname or node.name) == name
            bound += isinstance(node, ast.Global | ast.Nonlocal) and name in node.names
    if bound > 1:
        raise PatchError(f"`{name}` is the name of something else, too")


# --- the lifespan ---------------------------------------------------------------------------------------------------


def _lifespan(source: Source, call: ast.Call, handlers: list[_Handler], name: str) -> tuple[Source, str]:
    """The source with the imports of the lifespan, and its text. What shuts down does so after an error, too, as it did on the event."""
    imported, lines = begun(source, call, name, annotated=all(each.is_annotated for each in handlers))
    unit = source.indent_unit
    lines += [unit + each.call for each in handlers if each.event == "startup"]
    ends = [each.call for each in handlers if each.event == "shutdown"]
    if ends:
        lines += [f"{unit}try:", f"{unit * 2}yield", f"{unit}finally:", *(unit * 2 + each for each in ends)]
    else:
        lines.append(f"{unit}yield")
    return imported, "\n".join(lines)
