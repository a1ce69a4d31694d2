"""Statements that join a collection, and whose result is read without `unique()`: SQLAlchemy refuses that."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from pitstop.data import Finding, SourceEvidence
from pitstop.problems.findings import make, merge_places, path_of, route_names
from pitstop.project.calls import Step
from pitstop.project.eager import Eager, eager
from pitstop.project.facts import Attr, Call, Comp, Expr, Name
from pitstop.project.model import FunctionInfo
from pitstop.project.queries import Query
from pitstop.project.results import SELECT
from pitstop.project.rows import Flow
from pitstop.project.statements import assemble

if TYPE_CHECKING:
    from pitstop.project import Project

_JOINS = {"joinedload", "contains_eager"}
_SENDERS = {"execute", "scalars", "exec"}
_PASSES = {"scalars", "mappings", "tuples", "columns", "execution_options"}
_READS = {
    "all",
    "fetchall",
    "one",
    "one_or_none",
    "scalar_one",
    "scalar_one_or_none",
    "fetchone",
    "fetchmany",
}
"""What looks whether rows are the same object; `first` and `scalar` take a row as it comes (tried with SQLAlchemy 2)."""
_COPIES = {"list", "set", "tuple", "sorted", "frozenset"}
_ELSEWHERE = {"conftest", "migrations", "scripts", "test", "tests", "versions"}


def find(project: Project) -> list[Finding]:
    """One finding for each option that joins a collection into such a statement."""
    return merge_places(finding for finding, _ in matches(project))


def matches(project: Project) -> Iterator[tuple[Finding, Eager]]:
    """Each such option, with its finding."""
    for function in project.functions:
        text = function.module.source.text
        if not any(word in text for word in _JOINS):
            continue
        if _ELSEWHERE & set(re.split(r"[/.]", function.module.path)):
            continue
        for query in project.queries.direct(function):
            yield from _matches(project, function, query)


def _matches(project: Project, function: FunctionInfo, query: Query) -> Iterator[tuple[Finding, Eager]]:
    selected = project.types.type_of(query.statement, function)
    if query.method not in _SENDERS or selected.name != SELECT:
        return
    entities = {argument.name for argument in selected.args if argument.kind == "instance"}
    statement = assemble(project.types, query.statement, function)
    if statement.unknown or statement.parameters or not entities:
        return
    joined = [option for option in eager(project.types, statement) if _is_joined_collection(option, entities)]
    read = _read(project.loads.flow(function), query.site.node) if joined else None
    if read is None:
        return
    for option in joined:
        yield _finding(project, query, option, read), option


def _is_joined_collection(option: Eager, entities: set[str]) -> bool:
    """Whether an option multiplies the rows of the statement itself; below a `selectinload` it is another's."""
    path = (*option.above, option)
    return (
        option.relation.many
        and path[0].relation.model in entities
        and all(each.loader in _JOINS for each in path)
    )


def _read(flow: Flow, result: Expr) -> Expr | None:
    """Where the rows of a result are first read with a look at which are the same; None when `unique()` is on any way."""
    found: list[Expr] = []
    todo = [result]
    while todo:
        for use in flow.uses(todo.pop()):
            parent = use.parent
            outer = flow.parent(parent) if isinstance(parent, Attr) else None
            if isinstance(parent, Attr) and isinstance(outer, Call) and outer.func is parent:
                if parent.attr == "unique":
                    return None
                if parent.attr in _PASSES:
                    todo.append(outer)
                elif parent.attr in _READS:
                    found.append(outer)
            elif (
                (isinstance(parent, Comp) and any(g.iter is use.node for g in parent.generators))
                or getattr(parent, "iter", None) is use.node
                or (isinstance(parent, Call) and isinstance(parent.func, Name) and parent.func.id in _COPIES)
            ):
                found.append(use.node)
    return found[0] if found else None


def _finding(project: Project, query: Query, option: Eager, read: Expr) -> Finding:
    function = query.function
    home = option.part.scope if isinstance(option.part.scope, FunctionInfo) else function
    reach = project.calls.reach(function)
    path = option.path
    return make(
        problem="joined-collection-without-unique",
        domain="errors",
        severity="high",
        confidence="likely",
        message=f"`{function.name}` joins the collection `{path}` and reads the rows without `unique()`: SQLAlchemy raises "
        "InvalidRequestError",
        module=home.module,
        owner=home.qualname,
        node=option.node,
        code=path,
        routes=route_names(reach) if reach is not None else (),
        call_path=path_of(reach, (Step(function, query.site),)) if reach is not None else (),
        evidence=(
            SourceEvidence(
                text=f"`{path}` is a collection, so its parent comes once for each of its rows; the rows are read here",
                locations=(function.at(read),),
            ),
        ),
        fix_class="decide",
    )
