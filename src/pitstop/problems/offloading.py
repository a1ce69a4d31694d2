"""Moves blocking work off the event loop: into a thread, or by letting FastAPI run the whole function in one."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from pitstop.data import FileChange, Finding, Location, Patch
from pitstop.errors import PatchError
from pitstop.patching.edits import Edit, make_patch
from pitstop.patching.imports import ensure_import
from pitstop.patching.python import Source
from pitstop.patching.rewrite import make_sync, replace_expression, wrap_call
from pitstop.problems.awaiting import await_client
from pitstop.problems.blocks import offload_block
from pitstop.problems.editing import import_threadpool, node_at, open_source, without_dead_import
from pitstop.problems.findings import head_of
from pitstop.problems.handlers import only_fastapi_calls
from pitstop.problems.layout import settle
from pitstop.problems.twins import await_twin
from pitstop.project.facts import Attr, Call, dotted

if TYPE_CHECKING:
    from pitstop.project import Project
    from pitstop.project.model import FunctionInfo

_DECISION = (
    "a synchronous session inside a coroutine that also awaits: whether the handlers become `def` or the sessions "
    "asynchronous is a decision about the whole service"
)
_RISK = (
    "Context variables set inside are lost to the caller, code that asks for the running loop fails in a thread, and shared state "
    "meets other threads. The route's thread pool has 40 threads."
)
_HOMES = {"Session": "sqlalchemy.orm.Session", "Query": "sqlalchemy.orm.Query"}
"""Where classes are whose calls are known by the class alone."""
_RISK_OF_AWAITING = (
    "Other requests run while this one waits, so what several of them share may change in between. A coroutine that is awaited in the place of "
    "a function has to do what that did."
)
_RISK_OF_SHARING = " A shared client keeps cookies and connections between requests."
_NEEDS_LOOP = ("asyncio.", "anyio.", "create_task", "ensure_future", "get_running_loop", "get_event_loop")
_CHANGES = {
    "append",
    "extend",
    "insert",
    "remove",
    "pop",
    "clear",
    "update",
    "setdefault",
    "add",
    "discard",
    "popitem",
}


def propose_offload(finding: Finding, project: Project) -> Patch:
    """A patch that moves what blocks at the places of a finding off the event loop. Raises PatchError."""
    if finding.fix.fix_class == "decide":
        raise PatchError(_DECISION)
    changes = offload(project, [finding.location, *finding.places])
    return make_patch(
        finding,
        f"Keep the event loop free in {finding.location.symbol.rpartition('.')[2]}",
        changes,
        ("blocked_ms", "throughput", "duration"),
        waits=dict.fromkeys(waited_for(finding, project)),
        risk=_RISK
        if _takes_threads(changes)
        else _RISK_OF_AWAITING + _RISK_OF_SHARING * _shares(project, finding),
        validate="Send several requests at once: others must not wait for this one.",
        rollback="pitstop undo",
    )


def _takes_threads(changes: Iterable[FileChange]) -> bool:
    """Whether something runs in a thread by now: a call, or a function that is no coroutine any more."""
    return any(
        (each.after or "").count(word) * sign > (each.before or "").count(word) * sign
        for each in changes
        for word, sign in (("run_in_threadpool", 1), ("async def ", -1))
    )


def _shares(project: Project, finding: Finding) -> bool:
    """Whether what was a plain call of a client's library, if it is awaited by now, goes through a client of the service."""
    function = project.index.functions.get(finding.location.symbol)
    return function is not None and any(
        call.name.startswith("httpx.") and function.at(call.site.node) == finding.location
        for call in project.blocking.direct(function)
    )


def offload(project: Project, locations: list[Location]) -> tuple[FileChange, ...]:
    """The files after moving the calls at `locations`, all in coroutines, off the event loop. Raises PatchError."""
    sources = {path: open_source(project, path) for path in dict.fromkeys(each.path for each in locations)}
    edits: dict[str, list[Edit]] = {path: [] for path in sources}
    made_sync: set[str] = set()
    needed_less = {path: ["time"] for path in sources}
    for location in locations:
        path, source = location.path, sources[location.path]
        function = project.index.functions.get(location.symbol)
        if function is None:
            raise PatchError(f"{path}:{location.line}: the function around the call is not known")
        if can_be_sync(project, function) and not _needs_no_thread(project, source, function, locations):
            if function.qualname not in made_sync:
                made_sync.add(function.qualname)
                edits[path] += make_sync(source, _definition(source, function))
        elif location != head_of(function):
            edits[path] += _offload_call(project, source, location)
            called = source.segment(node_at(source, ast.Call, location).func)
            needed_less[path].append(called.partition(".")[0])
    return tuple(
        without_dead_import(settle(source, edits[path]), *dict.fromkeys(needed_less[path]))
        for path, source in sources.items()
    )


def waited_for(finding: Finding, project: Project) -> Iterator[str]:
    """The calls that block at the places of a finding, or below them, by names that can be imported."""
    for location in (finding.location, *finding.places):
        function = project.index.functions.get(location.symbol)
        if function is None:
            continue
        whole = location == head_of(function)
        at = {id(site.node) for site in function.calls if whole or function.at(site.node) == location}
        calls = [call for call in project.blocking.direct(function) if id(call.site.node) in at]
        for edge in project.calls.edges(function):
            below = project.blocking.below(edge.target) if id(edge.site.node) in at else None
            calls += [below[1]] if below is not None else []
        for call in calls:
            home, dot, rest = call.name.partition(".")
            yield f"{_HOMES.get(home, home)}{dot}{rest}"


def _needs_no_thread(
    project: Project, source: Source, function: FunctionInfo, locations: list[Location]
) -> bool:
    """Whether something stands beside each call at the places within a function that can be awaited in its place."""
    symbol, head = function.qualname, head_of(function)
    calls = [each for each in locations if each.symbol == symbol and each not in (head, function.location)]
    return bool(calls) and all(
        _awaited(project, source, node_at(source, ast.Call, each), each) is not None for each in calls
    )


def _awaited(project: Project, source: Source, call: ast.Call, location: Location) -> list[Edit] | None:
    """The coroutine beside the function that is called, or the client that the service shares, awaited in the place of a call."""
    twin = await_twin(project, source, call, location)
    return twin if twin is not None else await_client(project, source, call, location)


def can_be_sync(project: Project, function: FunctionInfo) -> bool:
    """Whether a coroutine does nothing that needs the loop and only FastAPI calls it, so that `def` moves it to a thread as it is."""
    if not function.is_async or function.yields or function.nested:
        return False
    kinds = {type(site.node).__name__ for site in function.sites}
    if "Await" in kinds or any(_is_async_comprehension(site.node) for site in function.sites):
        return False
    if any(getattr(statement, "is_async", False) for statement in function.statements):
        return False
    return (
        not _needs_loop(project, function)
        and not _changes_shared_state(function)
        and only_fastapi_calls(project, function)
    )


def _needs_loop(project: Project, function: FunctionInfo) -> bool:
    """Whether it makes coroutines or sets a context variable, or it or a plain function below touches the loop."""
    if any(edge.target.is_async and edge.kind == "call" for edge in project.calls.edges(function)):
        return True
    if any(_touches_loop(each) for each in _below(project, function)):
        return True
    for site in function.calls:
        assert isinstance(site.node, Call)
        if (
            isinstance(site.node.func, Attr)
            and site.node.func.attr in {"set", "reset"}
            and len(site.node.args) == 1
        ):
            return True
    return False


def _touches_loop(function: FunctionInfo) -> bool:
    names = (dotted(site.node.func) for site in function.calls if isinstance(site.node, Call))
    return any(name.startswith(_NEEDS_LOOP) or name.rpartition(".")[2] in _NEEDS_LOOP for name in names)


def _below(project: Project, function: FunctionInfo) -> Iterator[FunctionInfo]:
    """A function and the plain ones that it runs in its own thread, however deep."""
    seen = {function.qualname}
    todo = [function]
    while todo:
        current = todo.pop()
        yield current
        for edge in project.calls.edges(current):
            if edge.kind != "defer" and not edge.target.is_async and edge.target.qualname not in seen:
                seen.add(edge.target.qualname)
                todo.append(edge.target)


def _changes_shared_state(function: FunctionInfo) -> bool:
    """Whether it changes what belongs to the module, which one thread alone has touched so far."""
    shared = {
        name
        for name, bindings in function.module.bindings.items()
        if name not in function.bindings and any(b.how == "value" for b in bindings)
    }
    for statement in function.statements:
        if type(statement).__name__ == "Other" and getattr(statement, "kind", "") in {"Global", "Nonlocal"}:
            return True
        for target in (*getattr(statement, "targets", ()), getattr(statement, "target", None)):
            if (
                dotted(getattr(target, "value", None) or target).partition(".")[0] in shared
                and target is not None
            ):
                return True
    return any(
        isinstance(site.node, Call)
        and isinstance(site.node.func, Attr)
        and site.node.func.attr in _CHANGES
        and dotted(site.node.func.value) in shared
        for site in function.calls
    )


def _is_async_comprehension(node: object) -> bool:
    return any(getattr(generator, "is_async", False) for generator in getattr(node, "generators", ()))


def _definition(source: Source, function: FunctionInfo) -> ast.AsyncFunctionDef:
    line = function.node.span[0]
    for node in ast.walk(source.tree):
        if isinstance(node, ast.AsyncFunctionDef) and node.lineno == line and node.name == function.name:
            return node
    raise PatchError(f"{source.path}:{line}: `{function.name}` is not there any more")


def _offload_call(project: Project, source: Source, location: Location) -> list[Edit]:
    call = node_at(source, (ast.Call, ast.Attribute), location)
    if not isinstance(call, ast.Call):
        raise PatchError(
            f"{source.path}:{call.lineno}: `{source.segment(call)}` is a property, and runs what blocks as it is read",
            "Make a method of it, or read it in a function that runs in a thread.",
        )
    awaited = _awaited(project, source, call, location)
    if awaited is not None:
        return awaited
    statement = source.statement(call)
    if isinstance(statement, ast.With) and any(item.context_expr is call for item in statement.items):
        return offload_block(source, statement, call)
    name = source.segment(call.func)
    if name in {"time.sleep", "sleep"} and len(call.args) == 1 and not call.keywords:
        imports, local = ensure_import(source, "asyncio", at=call)
        return [
            *imports,
            *replace_expression(source, call, f"await {local}.sleep({source.segment(call.args[0])})"),
        ]
    _refuse_open_handle(source, call, statement)
    imports, wrapper = import_threadpool(source, call)
    return [*imports, *wrap_call(source, call, wrapper)]


def _refuse_open_handle(source: Source, call: ast.Call, statement: ast.stmt) -> None:
    """Raise for a call that only hands out something whose use blocks in turn."""
    name = source.segment(call.func)
    if name in {"open", "io.open"} or (name.endswith(".open") and isinstance(statement, ast.With)):
        raise PatchError(
            f"{source.path}:{call.lineno}: `{name}` gives a file whose reads and writes block as well",
            "Move all of the work with the file into a function and hand that to `run_in_threadpool`.",
        )
    # Arguments are awaited before the thread gets them; what the function is found by, in the thread.
    if any(isinstance(node, ast.Await) for node in ast.walk(call.func)):
        raise PatchError(f"{source.path}:{call.lineno}: what `{name}` belongs to is awaited")
