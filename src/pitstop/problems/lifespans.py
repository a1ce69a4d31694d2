"""Lifespans of apps: where one can be written, and what would be lost by it."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from pitstop.data import FileChange
from pitstop.errors import PatchError
from pitstop.patching.edits import Edit
from pitstop.patching.imports import ensure_import
from pitstop.patching.moving import first_line
from pitstop.patching.python import Function, Source
from pitstop.patching.rewrite import last_argument
from pitstop.problems.editing import free_name, is_annotated, open_source, twin_of
from pitstop.problems.layout import settle
from pitstop.project.facts import Attr, Call, Name
from pitstop.project.imports import is_test
from pitstop.project.model import FunctionInfo

if TYPE_CHECKING:
    from pitstop.project import Project
    from pitstop.project.inference import Scope
    from pitstop.project.model import Module

_HARMLESS = {
    "fastapi",
    "gunicorn",
    "httpx",
    "hypercorn",
    "mangum",
    "opentelemetry",
    "prometheus_fastapi_instrumentator",
    "sentry_sdk",
    "starlette",
    "uvicorn",
}
"""Packages that add no handlers to an app that they are given, as read in their code."""
_DEEP = 4
_SPEAKS = ("on_event", "add_event_handler", "on_startup", "on_shutdown", "lifespan")
"""Words of files that have to do with how an app starts and ends."""


def with_lifespan(project: Project) -> FileChange:
    """The file of the one app with a lifespan that does nothing, where nothing else happens as it starts or ends.

    Raises PatchError where that would not be so, or the app is made in a way that cannot be changed.
    """
    for module in project.index.by_path.values():
        for word in _SPEAKS:
            if module.says(word) and not is_test(module):
                raise PatchError(f"{module.path} says `{word}`, which a new lifespan may put out of use")
    apps = [each for each in project.routes.apps if each.call is not None and not is_test(each.module)]
    if len(apps) != 1:
        raise PatchError("there is not one app whose lifespan it would be")
    (app,) = apps
    assert app.call is not None
    if any(
        each.child not in project.routes.routers and _joins(each.node)
        for router in project.routes.routers.values()
        for each in router.included
    ):
        raise PatchError("the app includes a router that is not the project's own, and may have handlers")
    refuse_strangers(project, app.identity)
    source = open_source(project, app.module.path)
    call = twin_of(source, ast.Call, app.call)
    statement = made_in(source, call)
    name = free_name(source, call, "lifespan", "app_lifespan")
    imported, head = begun(source, call, name, annotated=is_annotated(source))
    text = "\n".join([*head, f"{source.indent_unit}yield"])
    edits = [above(source, statement, text), last_argument(source, call, f"lifespan={name}")]
    return settled(source, imported, edits)


def _joins(call: Call) -> bool:
    """Whether what is included starts and ends with the app: what is mounted does not."""
    return isinstance(call.func, Attr) and call.func.attr == "include_router"


def begun(source: Source, call: ast.Call, name: str, *, annotated: bool) -> tuple[Source, list[str]]:
    """The source with the imports of a lifespan for the app that a call makes, and the lines with which it begins."""
    imports, manager = ensure_import(source, "contextlib", "asynccontextmanager", at=call)
    imported = source.apply(imports)
    returns = ""
    if annotated:
        # Both may belong at one place, so the second is put beside the first.
        again = next(
            n
            for n in ast.walk(imported.tree)
            if isinstance(n, ast.Call) and _is_at(imported, n, source, call)
        )
        more, iterator = ensure_import(imported, module_of_types(source), "AsyncIterator", at=again)
        imported = imported.apply(more)
        returns = f" -> {iterator}[None]"
    return imported, [f"@{manager}", f"async def {name}(app: {source.segment(call.func)}){returns}:"]


def made_in(source: Source, call: ast.Call) -> ast.Assign | ast.AnnAssign:
    """The statement that gives the app its name. Raises PatchError where it is made in another way."""
    statement = source.statement(call)
    if not isinstance(statement, ast.Assign | ast.AnnAssign) or statement.value is not call:
        raise PatchError("the app is not simply given a name where it is made")
    if not isinstance(next(source.parents(statement)), ast.Module | Function) or not source.begins_line(
        statement
    ):
        raise PatchError("the app is made under a condition, or on a line with others")
    targets = statement.targets if isinstance(statement, ast.Assign) else [statement.target]
    if not all(isinstance(target, ast.Name) for target in targets):
        raise PatchError("the app is not simply given a name where it is made")
    for keyword in call.keywords:
        if keyword.arg in {None, "lifespan"}:
            raise PatchError(f"`{source.segment(keyword)}` may hold a lifespan, too")
    return statement


def _is_at(imported: Source, node: ast.Call, source: Source, call: ast.Call) -> bool:
    """Whether a call is the same after imports were put above it."""
    added = len(imported.data) - len(source.data)
    return (imported.start(node), imported.end(node)) == (
        source.start(call) + added,
        source.end(call) + added,
    )


def settled(source: Source, imported: Source, edits: list[Edit]) -> FileChange:
    """The file with its imports and the edits below them."""
    added = len(imported.data) - len(source.data)
    moved = [Edit(each.path, each.start + added, each.end + added, each.text) for each in edits]
    return FileChange(path=source.path, before=source.text, after=settle(imported, moved).after)


def module_of_types(source: Source) -> str:
    """Where this file takes its types of iterators from."""
    kinds = {
        "AsyncIterator",
        "AsyncGenerator",
        "AsyncIterable",
        "Iterator",
        "Generator",
        "Callable",
        "Awaitable",
    }
    taken = {
        each.name
        for statement in source.tree.body
        if isinstance(statement, ast.ImportFrom) and statement.module == "typing"
        for each in statement.names
    }
    return "typing" if kinds & taken else "collections.abc"


def above(source: Source, statement: ast.stmt, text: str) -> Edit:
    """The lifespan above the app and the comments that belong to it, as far apart as formatters have it."""
    line = first_line(source, statement)
    at = source.line_start(line)
    indent = source.indentation(statement)
    apart = 1 if indent else 2
    blank = 0
    while line - blank > 1 and not source.line(line - blank - 1).strip():
        blank += 1
    is_first = line - blank == 1 or source.block(statement)[1] == 0
    before = "" if is_first else "\n" * max(0, apart - blank)
    shown = "\n".join(indent + each for each in text.split("\n"))
    return source.edit(at, at, (before + shown + "\n" * (apart + 1)).replace("\n", source.newline))


def refuse_strangers(project: Project, identity: str, depth: int = 0) -> None:
    """Raise where the app is handed to a function that may add handlers to it: one of another package, as a rule."""
    for scope, call in calls_of(project):
        given = [
            *((place, "", value) for place, value in enumerate(call.args)),
            *((-1, keyword.name, keyword.value) for keyword in call.keywords),
        ]
        for place, keyword, value in given:
            if (
                not isinstance(value, Name | Attr)
                or project.routes.objects.identity(value, scope) != identity
            ):
                continue
            called = project.types.type_of(call.func, scope)
            function = project.index.functions.get(called.name) if called.kind == "function" else None
            if function is not None and depth < _DEEP:
                names = [p.name for p in function.node.parameters]
                taken = keyword or (names[place] if place < len(names) else "")
                refuse_strangers(project, f"{function.qualname}:{taken}", depth + 1)
            elif called.name.partition(".")[0] not in {*_HARMLESS, "builtins"}:
                raise PatchError(
                    f"the app is handed to `{module_of(scope).text(call.func)}`, which may add handlers of its own"
                )


def calls_of(project: Project, words: Sequence[str] = ("",)) -> Iterator[tuple[Scope, Call]]:
    """The calls in files that say one of some words."""
    telling = {
        path for path, module in project.index.by_path.items() if any(module.says(word) for word in words)
    }
    scopes: list[Scope] = [project.index.by_path[path] for path in sorted(telling)]
    scopes += [function for function in project.functions if function.module.path in telling]
    for scope in scopes:
        for site in scope.sites:
            if isinstance(site.node, Call):
                yield scope, site.node


def module_of(scope: Scope) -> Module:
    return scope.module if isinstance(scope, FunctionInfo) else scope
