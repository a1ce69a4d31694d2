"""Ends a transaction that only read before the request waits for something else."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from pitstop.data import Finding, Patch
from pitstop.errors import PatchError
from pitstop.patching.edits import make_patch
from pitstop.patching.statements import insert_before
from pitstop.problems.database.transaction_over_io.rule import open_at
from pitstop.problems.database.transaction_over_io.transactions import Waiting
from pitstop.problems.editing import node_at, open_source, twin_of
from pitstop.problems.layout import settle
from pitstop.problems.transactions import keeps_loaded, says_anywhere
from pitstop.project.dependencies import provider_of
from pitstop.project.facts import Assign, Attr, Aug, Call, Expr, Name, children, dotted

if TYPE_CHECKING:
    from pitstop.patching.python import Source
    from pitstop.project import Project
    from pitstop.project.model import FunctionInfo

_SESSIONS = {
    "sqlalchemy.ext.asyncio.AsyncSession",
    "sqlalchemy.ext.asyncio.async_scoped_session",
    "sqlalchemy.orm.Session",
    "sqlalchemy.orm.scoped_session",
}
_CHANGES = re.compile(r"\.(?:add|add_all|delete|merge)\(")
_LOCKS = re.compile(r"(?<![a-z])(?:un)?lock|for[_ ]update", re.IGNORECASE)
_BLOCKS = re.compile(r"(\w+)(?:\(\))?\.begin\(")
_NO_SESSION = re.compile(r"engine|conn|bind", re.IGNORECASE)
_LASTS = {
    r"SET LOCAL|set_config\(": "settings of the transaction (`SET LOCAL`)",
    r"REPEATABLE[ _]READ|SERIALIZABLE": "a snapshot of the whole transaction",
}
"""What lasts as long as a transaction, and would be gone after it."""
_UNFETCHED = {"exec", "execute", "query", "scalars"}
_STREAMS = {"stream", "stream_scalars", "yield_per"}


def commit_before(finding: Finding, project: Project) -> Patch:
    """The commit of what was read so far, before the call that waits. Raises PatchError."""
    waiting = open_at(project, finding.location)
    if waiting is None:
        raise PatchError(
            "only a run shows it: which session's transaction is open there, the code does not tell"
        )
    function = waiting.function
    if waiting.opened.writes:
        raise PatchError("rows were changed before the call: they would stay if it fails")
    if waiting.site.loops:
        raise PatchError("the call stands in a loop, so that each turn would commit")
    session = _session(project, waiting)
    _refuse_others_session(project, function, session)
    before = list(_run_before(project, waiting))
    _refuse_changes(project, waiting, before)
    _refuse_lasting(project, before)
    if not keeps_loaded(project):
        raise PatchError(
            "a commit expires what was loaded, and the next look at it begins a transaction again: `expire_on_commit=False` is set nowhere"
        )
    source = open_source(project, finding.location.path)
    call = node_at(source, ast.Call, finding.location)
    statement = source.statement(call)
    opening = twin_of(source, ast.Call, waiting.opened.step.site.node)
    if source.start(opening) >= source.start(statement):
        raise PatchError("the transaction begins in the statement that waits")
    is_async = project.queries.session_kind(session, function) == "async"
    _refuse_unfetched(project, source, waiting, is_async=is_async)
    text = f"{'await ' if is_async else ''}{dotted(session)}.commit()\n"
    return make_patch(
        finding,
        f"Commit before the call in {function.name}",
        (settle(source, insert_before(source, statement, text)),),
        ("held_calls",),
        risk="What was read before the call may have changed by the time that it has answered; one transaction becomes two.",
        validate="SELECT state, count(*) FROM pg_stat_activity GROUP BY state while requests wait: none is idle in transaction.",
        rollback="pitstop undo",
    )


def _session(project: Project, waiting: Waiting) -> Expr:
    """The session whose transaction is open, as the function writes it. Raises PatchError."""
    function = waiting.function
    todo: list[Expr] = [waiting.opened.step.site.node]
    found: dict[str, Expr] = {}
    while todo:
        expr = todo.pop()
        if isinstance(expr, Name | Attr) and project.queries.session_kind(expr, function):
            found[dotted(expr)] = expr
        else:
            todo += children(expr)
    if len(found) != 1 or "" in found:
        raise PatchError("the function has not the session whose transaction is open")
    (session,) = found.values()
    kind = project.types.type_of(session, function)
    if not _SESSIONS & {kind.name, *project.types.external_bases(kind.name)}:
        raise PatchError(f"`{dotted(session)}` is a connection, whose block ends its transaction")
    return session


def _refuse_others_session(project: Project, function: FunctionInfo, session: Expr) -> None:
    """Raise where the session is a caller's, or another one may be in the middle of something with it."""
    name = dotted(session).partition(".")[0]
    given = any(binding.how == "parameter" for binding in function.bindings.get(name, ()))
    if (given and provider_of(project.types, function, name) is None) or "." in dotted(session):
        raise PatchError(
            f"`{dotted(session)}` is given by the caller: what that has changed by then would be committed too"
        )
    for route in project.routes.all:
        if route.function is function:
            for dependency in route.dependencies:
                _refuse_changing(project, dependency)


def _refuse_changing(project: Project, function: FunctionInfo) -> None:
    if any(write.kind != "commit" for write in project.writes.direct(function)) or _CHANGES.search(
        function.module.text(function.node)
    ):
        raise PatchError(
            f"`{function.name}`, which runs before, may have changed something that is not committed yet"
        )


def _run_before(project: Project, waiting: Waiting) -> Iterator[FunctionInfo]:
    """The function itself, and those of the project that it runs before the call."""
    yield waiting.function
    todo = [
        edge.target
        for edge in project.calls.edges(waiting.function)
        if edge.kind != "defer" and edge.site.node.at < waiting.site.node.at
    ]
    seen: set[str] = set()
    while todo:
        current = todo.pop()
        if current.qualname not in seen:
            seen.add(current.qualname)
            yield current
            todo += [edge.target for edge in project.calls.edges(current) if edge.kind != "defer"]


def _refuse_changes(project: Project, waiting: Waiting, before: list[FunctionInfo]) -> None:
    """Raise where something was changed that is not sent yet."""
    function, end = waiting.function, waiting.site.node.at
    for other in before:
        if other is not function:
            _refuse_changing(project, other)
    writes = [w for w in project.writes.direct(function) if w.site.node.at < end and w.kind != "commit"]
    lines = function.module.source.text.splitlines()[function.node.line - 1 : waiting.site.node.line - 1]
    if writes or any(_CHANGES.search(line) for line in lines):
        raise PatchError("something is changed before the call: it would stay if that fails")
    for statement in function.statements:
        targets = statement.targets if isinstance(statement, Assign) else ()
        if isinstance(statement, Aug):
            targets = (statement.target,)
        for target in targets:
            if statement.span[2:] <= waiting.site.node.span[:2] and isinstance(target, Attr):
                raise PatchError(
                    f"`{dotted(target)}` is changed before the call: it would stay if that fails"
                )


def _refuse_lasting(project: Project, before: list[FunctionInfo]) -> None:
    """Raise where more than rows goes with the transaction."""
    for function in before:
        if _LOCKS.search(function.module.text(function.node)):
            raise PatchError(f"`{function.name}` speaks of a lock, which the transaction may be there for")
    for pattern, what in _LASTS.items():
        if says_anywhere(project, pattern):
            raise PatchError(f"the service speaks of {what}, which a commit ends")
    for module in project.index.by_path.values():
        for found in _BLOCKS.finditer(module.source.text):
            if not _NO_SESSION.search(found[1]):
                raise PatchError(
                    f"{module.path} begins transactions by `{found[0]})`: in such a block nothing may be committed"
                )


def _refuse_unfetched(project: Project, source: Source, waiting: Waiting, *, is_async: bool) -> None:
    """Raise where rows may still be fetched after the call from a statement sent before it."""
    function = waiting.function
    for site in function.calls:
        call = site.node
        if (
            site.node.at >= waiting.site.node.at
            or not isinstance(call, Call)
            or not isinstance(call.func, Attr)
        ):
            continue
        method = call.func.attr
        of_session = bool(project.queries.session_kind(call.func.value, function))
        if method == "yield_per" or (of_session and method in _STREAMS):
            raise PatchError("rows are streamed, and a commit would end that")
        if is_async or not of_session or method not in _UNFETCHED:
            continue
        if isinstance(next(source.parents(twin_of(source, ast.Call, call))), ast.Assign | ast.AnnAssign):
            raise PatchError("rows of a statement before the call may be fetched only after it")
