"""Reasons to leave a commit in its loop: what a turn does besides could come out otherwise with one commit for all."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from pitstop.data import Finding
from pitstop.errors import PatchError
from pitstop.patching.loops import Loop, handles_errors, turn_of
from pitstop.patching.python import Source
from pitstop.problems.transactions import (
    calls_in,
    changes,
    keeps_loaded,
    reads,
    says_anywhere,
    stranger,
)
from pitstop.project.facts import Assign, Attr, Call, For

if TYPE_CHECKING:
    from pitstop.project import Project
    from pitstop.project.model import FunctionInfo
    from pitstop.project.sites import Site

_NO_AUTOFLUSH = r"autoflush['\"]?\s*[=:]\s*False|no_autoflush"
_CHANGES = re.compile(r"\w\.(add|add_all|delete|merge)\(")
_CHANGING = re.compile(
    "add|create|delete|insert|make|merge|remove|replace|save|set|store|update|upsert|write"
)
_COLLECTS = {"append", "add", "extend"}


@dataclass(frozen=True)
class Place:
    """Where a commit stands: its statement, the loop around it, and the outermost one that it can leave."""

    source: Source
    statement: ast.Expr
    call: ast.Call
    inner: Loop
    loop: Loop
    session: str


def refuse(project: Project, finding: Finding, place: Place) -> bool:
    """Whether each turn has to flush what it no longer commits. Raises PatchError where one commit may not be as good."""
    function = _function(project, finding)
    light = next(
        (s for s in function.statements if isinstance(s, For) and s.span == _span(place.inner)), None
    )
    whole = next((s for s in function.statements if isinstance(s, For) and s.span == _span(place.loop)), None)
    if light is None or whole is None:
        raise PatchError("the loop is not there any more")
    _refuse_ends(place)
    commit = next(site for site in function.calls if site.node.span == _span(place.call))
    inside = [site for site in calls_in(function, whole) if site is not commit and not site.in_lambda]
    name = stranger(project, function, inside)
    if name:
        raise PatchError(
            f"each turn calls `{name}`, of which is not known that it leaves the transaction alone"
        )
    _refuse_generator(project, function, whole)
    _refuse_before(project, function, whole)
    if commit.awaited and not keeps_loaded(project):
        raise PatchError(
            "a commit expires all objects of an asynchronous session, which cannot load them again: "
            "`expire_on_commit=False` is set nowhere"
        )
    sends = any(reads(project, function, site.node) for site in inside if isinstance(site.node, Call))
    return _needs_flush(place) or (sends and says_anywhere(project, _NO_AUTOFLUSH))


def _span(node: ast.expr | ast.stmt) -> tuple[int, int, int | None, int | None]:
    return node.lineno, node.col_offset, node.end_lineno, node.end_col_offset


def _function(project: Project, finding: Finding) -> FunctionInfo:
    function = project.index.functions.get(finding.location.symbol)
    if function is None:
        raise PatchError("the function is not there any more")
    return function


def _refuse_ends(place: Place) -> None:
    """Raise PatchError where a turn can end otherwise than with its commit, or binds what the commit needs."""
    source = place.source
    if place.loop.orelse or place.inner.orelse:
        raise PatchError("the loop ends in an `else`")
    for node in turn_of(place.loop):
        line = getattr(node, "lineno", 0)
        if isinstance(node, ast.Try | ast.TryStar) and handles_errors(node):
            raise PatchError(
                f"line {line}: each turn handles its own errors, so a transaction for each may be meant"
            )
        if isinstance(node, ast.Raise):
            raise PatchError(
                f"line {line}: a turn may end in an error after others were committed, and those would be lost with it"
            )
        if isinstance(node, ast.Return | ast.Yield | ast.YieldFrom):
            raise PatchError(
                f"line {line}: the loop may be left on the way, and what its turns have done by then would not be committed"
            )
        if isinstance(node, ast.Continue | ast.Break) and not _comes_first(node, place):
            raise PatchError(
                f"line {line}: a turn may end before its commit, and leave what it changed to others"
            )
    if any(
        isinstance(test, ast.BinOp) and isinstance(test.op, ast.Mod)
        for parent in _ifs(source, place)
        for test in ast.walk(parent.test)
    ):
        raise PatchError("the loop commits in batches already")
    names = {n.id for n in ast.walk(place.call) if isinstance(n, ast.Name)}
    bound = {
        n.id
        for part in (place.loop.target, *turn_of(place.loop))
        for n in ast.walk(part)
        if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Store)
    }
    if names & bound:
        raise PatchError(f"`{place.session}` is another on each turn")
    if any(isinstance(node, ast.With | ast.AsyncWith) for node in turn_of(place.loop)):
        raise PatchError("each turn enters a block that may end the transaction")
    if not _leaves_body(source, place):
        raise PatchError("nothing but the commit stands there")


def _ifs(source: Source, place: Place) -> Iterator[ast.If]:
    for parent in source.parents(place.statement):
        if parent is place.inner:
            return
        if isinstance(parent, ast.If):
            yield parent


def _leaves_body(source: Source, place: Place) -> bool:
    block, _ = source.block(place.statement)
    return len(block) > 1


def _comes_first(node: ast.stmt, place: Place) -> bool:
    """Whether nothing was changed on a turn by the time that it is left."""
    return all(
        not _changes(each)
        for statement in place.loop.body
        if statement.lineno < node.lineno
        for each in ast.walk(statement)
        if getattr(each, "lineno", place.loop.lineno) < node.lineno
    )


def _changes(node: ast.AST) -> bool:
    if isinstance(node, ast.Attribute | ast.Subscript):
        return not isinstance(node.ctx, ast.Load)
    if isinstance(node, ast.Call):
        return _CHANGING.match(_last(node.func)) is not None
    # A call that stands for itself is made for what it changes.
    return isinstance(node, ast.Expr) and not isinstance(node.value, ast.Constant) and not _is_log(node.value)


def _is_log(value: ast.expr) -> bool:
    name = ast.unparse(value.func) if isinstance(value, ast.Call) else ""
    return name == "print" or "log" in name.rpartition(".")[0].lower()


def _refuse_generator(project: Project, function: FunctionInfo, loop: For) -> None:
    """Raise PatchError where the rows come from a generator of the project's that may use the session between turns."""
    start, end = loop.iter.at, loop.body[0].at
    for site in function.calls:
        if start <= site.node.at < end and isinstance(site.node, Call):
            for target in project.calls.targets(site.node, function):
                if target.yields:
                    raise PatchError(f"the loop goes through what `{target.name}` makes between its turns")


def _refuse_before(project: Project, function: FunctionInfo, loop: For) -> None:
    """Raise PatchError where a loop without turns would commit what was changed before it and is not committed now."""
    pending = 0
    for site in function.calls:
        if site.node.at < loop.at and isinstance(site.node, Call):
            targets = project.calls.targets(site.node, function)
            if _ends(project, function, site) or any(project.writes.find(t, "commit") for t in targets):
                pending = 0
            elif (changes(project, function, site.node) and not _only_reads(project, function, site)) or any(
                _CHANGES.search(target.module.text(target.node)) for target in targets
            ):
                pending = site.node.at
    for statement in function.statements:
        if statement.at < loop.at and isinstance(statement, Assign):
            for target in statement.targets:
                if isinstance(target, Attr):
                    owner = project.types.type_of(target.value, function).name
                    pending = statement.at if owner in project.models.all else pending
    if pending:
        raise PatchError(
            "what was changed before the loop is committed by its turns alone: without one it is not, as it is now"
        )


def _only_reads(project: Project, function: FunctionInfo, site: Site) -> bool:
    """Whether a statement that is sent only reads."""
    return any(query.site.node is site.node for query in project.queries.direct(function))


def _ends(project: Project, function: FunctionInfo, site: Site) -> bool:
    call = site.node
    assert isinstance(call, Call)
    return any(
        write.kind == "commit" and write.site.node is call for write in project.writes.direct(function)
    )


def _needs_flush(place: Place) -> bool:
    """Whether what follows the commit on its turn needs what the database has made of the objects. Raises PatchError where it
    may need more."""
    block, at = place.source.block(place.statement)
    rest = block[at + 1 :]
    fresh = _made_in(place)
    needs = False
    for statement in rest:
        value = statement.value if isinstance(statement, ast.Expr) else None
        call = value.value if isinstance(value, ast.Await) else value
        if isinstance(call, ast.Call) and _is_log(call):
            needs = needs or bool(_read(call) & fresh)
        elif isinstance(call, ast.Call) and ast.unparse(call.func) == f"{place.session}.refresh":
            needs = True
        elif isinstance(call, ast.Call) and isinstance(call.func, ast.Attribute):
            if call.func.attr not in _COLLECTS or ast.unparse(call.func.value) == place.session:
                raise PatchError(f"line {statement.lineno}: what follows the commit may count on it")
            needs = needs or any(not isinstance(each, ast.Name | ast.Constant) for each in call.args)
        elif isinstance(statement, ast.Assign | ast.AnnAssign | ast.AugAssign):
            targets = statement.targets if isinstance(statement, ast.Assign) else [statement.target]
            if any(isinstance(each, ast.Attribute) for each in targets):
                raise PatchError(f"line {statement.lineno}: more is changed after the commit")
            needs = needs or any(
                isinstance(each, ast.Attribute | ast.Call) for each in ast.walk(statement.value or statement)
            )
        else:
            raise PatchError(f"line {statement.lineno}: what follows the commit may count on it")
    return needs


def _last(func: ast.expr) -> str:
    """The last name of what is called."""
    return ast.unparse(func).rpartition(".")[2]


def _read(expr: ast.expr) -> set[str]:
    """The names of the objects of which an expression reads something."""
    parts = [n.value for n in ast.walk(expr) if isinstance(n, ast.Attribute | ast.FormattedValue)]
    return {part.id for part in parts if isinstance(part, ast.Name)}


def _made_in(place: Place) -> set[str]:
    """The names that a turn binds, or adds to the session: what they stand for may have no row before it is flushed."""
    found: set[str] = set()
    for node in turn_of(place.loop):
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            found.add(node.id)
        elif isinstance(node, ast.Call) and _last(node.func) in {"add", "add_all", "merge"}:
            found |= {n.id for n in ast.walk(node) if isinstance(n, ast.Name)}
    return found
