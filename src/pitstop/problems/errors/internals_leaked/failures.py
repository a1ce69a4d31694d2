"""What can fail in a block for reasons outside of the program: a database, a server, a disk; and whether its error comes up to it."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from datetime import datetime
from typing import TYPE_CHECKING

from pitstop.project.facts import (
    Attr,
    Call,
    Expr,
    Name,
    Raise,
    Seq,
    Statement,
    Try,
    children,
    dotted,
)
from pitstop.project.model import FunctionInfo
from pitstop.project.sites import Site, walk

if TYPE_CHECKING:
    from pitstop.project import Project
    from pitstop.project.calls import Reach, Step

_ANY = {"Exception", "BaseException"}
_CATCH_HTTP = {*_ANY, "HTTPException"}
_WITHIN = {"anyio", "apscheduler", "asyncio", "fastapi", "pydantic", "starlette"} | sys.stdlib_module_names
"""Packages whose coroutines are no other system, unless the table of effects says so."""
_OF_VALUES = frozenset(
    name for kind in (str, bytes, int, dict, list, set, datetime) for name in dir(kind)
) | {"dict", "json", "model_dump", "model_validate"}  # fmt: skip
"""Methods of values in memory: of whatever object they are called, nothing outside is asked."""
_Lines = tuple[int, int]


def come_up(
    project: Project, function: FunctionInfo, body: tuple[Statement, ...], *, depth: int | None = None
) -> bool:
    """Whether an error of a database, a server, a disk or another process can come up to a block of a function.

    Looks through all that the block calls; what a function below catches and does not tell on is no error here. With a
    `depth`, only so many calls down, and without disks and what nothing is known of.
    """
    block = (body[0].line, body[-1].span[2])
    kept = [lines for lines in _kept(function) if not _covers(lines, block)]
    seen = {function.qualname}
    tried = [site for site in function.sites if _is_in(block, site) and not _is_kept(kept, site)]
    todo = [(function, tried, 0)]
    while todo:
        current, sites, down = todo.pop()
        running = {id(site) for site in sites}
        if any(_is_outside(project, current, site, files=depth is None) for site in sites):
            return True
        if depth is None and current is function and any(_is_unknown(project, current, s) for s in sites):
            return True
        if down == depth:
            continue
        for edge in project.calls.edges(current):
            if id(edge.site) in running and edge.kind != "defer" and edge.target.qualname not in seen:
                seen.add(edge.target.qualname)
                lost = _kept(edge.target)
                below = [site for site in edge.target.sites if not _is_kept(lost, site)]
                todo.append((edge.target, below, down + 1))
    return False


def _is_outside(project: Project, function: FunctionInfo, site: Site, *, files: bool) -> bool:
    """Whether a site asks another system: by the table of effects, or as an object of another package."""
    if not isinstance(site.node, Call) or site.rescue:
        return False
    category = next((s.known.category for s in project.calls.sinks(function) if s.site is site), "sleep")
    if category not in {"file", "sleep"}:
        return True
    if category == "file":
        return files
    name = project.calls.external_name(site.node, function)
    owner = name.rpartition(".")[0].rpartition(".")[2]
    of_object = site.awaited or owner[:1].isupper() or owner.endswith(")")
    return bool(name) and of_object and name.partition(".")[0] not in _WITHIN


def _is_unknown(project: Project, function: FunctionInfo, site: Site) -> bool:
    """Whether a site calls a method of an object of which nothing is known: it may ask anything."""
    if not isinstance(site.node, Call) or not isinstance(site.node.func, Attr) or site.rescue:
        return False
    return site.node.func.attr not in _OF_VALUES and not project.types.type_of(site.node.func, function)


def _kept(function: FunctionInfo) -> list[_Lines]:
    """The lines of a function from which no error gets out as it came."""
    return [
        (statement.body[0].line, statement.body[-1].span[2])
        for statement in function.statements
        if isinstance(statement, Try) and _keeps_any(statement)
    ]


def _keeps_any(statement: Try) -> bool:
    """`except Exception`, where what it caught is neither raised again nor told of in what is raised instead."""
    for handler in statement.handlers:
        kinds = handler.type.items if isinstance(handler.type, Seq) else (handler.type,)
        if any(kind is None or dotted(kind).rpartition(".")[2] in _ANY for kind in kinds):
            return not any(_tells_on(inner, handler.name) for inner in walk(handler.body))
    return False


def _tells_on(statement: Statement, name: str | None) -> bool:
    """`raise`, or `raise Other(f"... {error}")`."""
    return isinstance(statement, Raise) and (
        statement.value is None or (name or "") in _names(statement.value)
    )


def _names(expr: Expr) -> Iterator[str]:
    todo = [expr]
    while todo:
        current = todo.pop()
        if isinstance(current, Name):
            yield current.id
        todo.extend(children(current))


def _covers(lines: _Lines, block: _Lines) -> bool:
    return lines[0] <= block[0] and block[1] <= lines[1]


def _is_in(lines: _Lines, site: Site) -> bool:
    return lines[0] <= site.node.line <= lines[1]


def _is_kept(kept: list[_Lines], site: Site) -> bool:
    return any(_is_in(lines, site) for lines in kept)


def is_replaced(reach: Reach) -> bool:
    """Whether an HTTP error that is raised at the end of the ways that are known is caught on each, and another answer given."""
    return bool(reach.ways) and all(any(_replaces(step) for step in way.path) for way in reach.ways)


def _replaces(step: Step) -> bool:
    for statement in step.function.statements:
        if not isinstance(statement, Try) or not _is_in(
            (statement.body[0].line, statement.body[-1].span[2]), step.site
        ):
            continue
        for handler in statement.handlers:
            kinds = handler.type.items if isinstance(handler.type, Seq) else (handler.type,)
            if any(kind is None or dotted(kind).rpartition(".")[2] in _CATCH_HTTP for kind in kinds):
                if not any(_tells_on(inner, handler.name) for inner in walk(handler.body)):
                    return True
                break
    return False
