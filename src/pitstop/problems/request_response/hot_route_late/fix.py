"""Puts a route, or the router that it is of, before those that are tried first."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from pitstop.data import Finding, Patch
from pitstop.errors import PatchError
from pitstop.patching.edits import make_patch
from pitstop.patching.moving import move_before, refuse_made_between
from pitstop.patching.python import Function, Source
from pitstop.problems.editing import open_source, twin_of
from pitstop.problems.layout import settle
from pitstop.project.assembled import Placed, placed
from pitstop.project.facts import Node

if TYPE_CHECKING:
    from pitstop.project import Project

_ADDS = {"add_api_route", "add_route", "api_route", "route", "include_router", "mount", "host"} | {
    "websocket", "websocket_route", "add_api_websocket_route", "add_websocket_route",
    "delete", "get", "head", "options", "patch", "post", "put", "trace",
}  # fmt: skip
"""What adds routes to an app or a router."""
_UNKNOWN = "{...}"


def propose(finding: Finding, project: Project) -> Patch:
    """The route before all others, where it stands or where its router is included, whichever passes more. Raises PatchError."""
    one, every = _placed(finding, project)
    depth = max(range(len(one.way)), key=lambda n: len(_before(one, every, n)))
    passed = _before(one, every, depth)
    if not passed:
        raise PatchError("in which order the routes are added cannot be read from the code")
    moved = [each for each in every if each.way[: depth + 1] == one.way[: depth + 1]]
    for mine in moved:
        for other in passed:
            if _may_meet(mine.path, other.path):
                raise PatchError(
                    f"a request may be for `{mine.path}` and for `{other.path}`: their order decides who answers"
                )
    home = one.way[depth][0].partition(":")[0]
    source = open_source(project, home)
    statement = _statement(source, one, depth)
    block, place = source.block(statement)
    known = {source.start(twin_of(source, ast.Call, Node(at=each.way[depth][1]))) for each in passed}
    to = next(
        (n for n, each in enumerate(block[:place]) if any(_within(source, each, at) for at in known)), None
    )
    if to is None:
        raise PatchError("the routes before it are added in another block of code")
    _refuse_unknown(source, statement, block[to:place], known)
    refuse_made_between(source, statement, block[to:place])
    what = f"{one.route.methods[0]} {one.path}"
    return make_patch(
        finding,
        f"Try {what} first" if len(moved) == 1 else f"Try the {len(moved)} routes beside {what} first",
        (settle(source, move_before(source, statement, block[to])),),
        ("duration", "cpu"),
        risk="Routes that the code does not show may be tried in another order. The OpenAPI document lists the routes in another order.",
        validate="Measure again: the phase `routing` of the route should nearly go.",
        rollback="pitstop undo",
    )


def _placed(finding: Finding, project: Project) -> tuple[Placed, list[Placed]]:
    """The route of a finding, and all routes of its app. Raises PatchError."""
    found = []
    for app in project.routes.apps:
        every = placed(project.routes, app.identity)
        found += [(each, every) for each in every if each.route.function.qualname == finding.location.symbol]
    if len(found) != 1:
        raise PatchError("the handler has several routes, or none that the code shows")
    return found[0]


def _before(one: Placed, every: Sequence[Placed], depth: int) -> list[Placed]:
    """The routes that the same scope adds before it, where their ways part."""
    home, at = one.way[depth]
    return [
        each
        for each in every
        if each.way[:depth] == one.way[:depth]
        and len(each.way) > depth
        and each.way[depth][0] == home
        and each.way[depth][1] < at
    ]


def _may_meet(one: str, other: str) -> bool:
    """Whether there may be a path that both match."""
    first, second = one.split("/"), other.split("/")
    for a, b in zip(first, second, strict=False):
        if _UNKNOWN in a + b or ":path}" in a + b:
            return True
        if "{" not in a + b and a != b:
            return False
    return len(first) == len(second)


def _statement(source: Source, one: Placed, depth: int) -> ast.stmt:
    """The statement that adds the route, or includes its router."""
    call = twin_of(source, ast.Call, Node(at=one.way[depth][1]))
    around = next(source.parents(call))
    if isinstance(around, Function) and call in around.decorator_list:
        if len(around.decorator_list) > 1:
            raise PatchError("the handler has other decorators, which may add it elsewhere too")
        return around
    statement = source.statement(call)
    if not isinstance(statement, ast.Expr) or statement.value is not call:
        raise PatchError("it is added by more than a statement of its own")
    return statement


def _within(source: Source, statement: ast.stmt, at: int) -> bool:
    first = min(
        [source.start(statement), *(source.start(d) for d in getattr(statement, "decorator_list", ()))]
    )
    return first <= at < source.end(statement)


def _refuse_unknown(source: Source, statement: ast.stmt, passed: Sequence[ast.stmt], known: set[int]) -> None:
    """Raise where something between may add routes of which reading does not know the paths."""
    name = _object(statement)
    for call in _calls(passed):
        own = isinstance(call.func, ast.Attribute) and ast.unparse(call.func.value) == name
        adds = own and isinstance(call.func, ast.Attribute) and call.func.attr in _ADDS
        handed = any(
            isinstance(a, ast.Name) and a.id == name for a in (*call.args, *(k.value for k in call.keywords))
        )
        if (adds and source.start(call) not in known) or handed:
            raise PatchError(
                f"{source.path}:{call.lineno}: `{ast.unparse(call.func)}` may add routes, of which the code does not show the paths"
            )


def _calls(statements: Sequence[ast.stmt]) -> Iterator[ast.Call]:
    """The calls that run with the statements themselves; what functions do when they are called is left out."""
    todo: list[ast.AST] = list(statements)
    while todo:
        node = todo.pop()
        if isinstance(node, Function):
            todo += node.decorator_list
            continue
        if isinstance(node, ast.Call):
            yield node
        todo += ast.iter_child_nodes(node)


def _object(statement: ast.stmt) -> str:
    """The app or the router that a statement adds to."""
    call = (
        statement.decorator_list[0] if isinstance(statement, Function) else getattr(statement, "value", None)
    )
    assert isinstance(call, ast.Call)
    return ast.unparse(call.func.value) if isinstance(call.func, ast.Attribute) else ""
