"""Gives a list an upper bound, in the order of its keys where the statement names none."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from pitstop.data import Finding, Patch
from pitstop.errors import PatchError
from pitstop.patching.edits import make_patch
from pitstop.patching.python import Function, Source
from pitstop.problems.chains import ARRANGE, CHOOSE, Chain, chain_of
from pitstop.problems.database.unbounded_query.rule import matches
from pitstop.problems.editing import open_source
from pitstop.problems.kinds import of_column
from pitstop.problems.layout import settle

if TYPE_CHECKING:
    from pitstop.project import Project
    from pitstop.project.loads import Load

_MOST = 1000
"""Rows that a list may have: far above what a page shows, and far below what costs memory."""
_KEEPS = {"all", "fetchall", "mappings", "scalars", "tuples", "unique"}
"""Methods of results and rows after which it is still one item for each row, but for those that are the same."""
_LISTS = {"list", "tuple"}


def limit(finding: Finding, project: Project) -> Patch:
    """The statement with a limit. Raises PatchError."""
    load = next((load for found, load in matches(project) if found.id == finding.id), None)
    if load is None:
        raise PatchError("only a run shows it: which statement it is, the code does not tell")
    if finding.places:
        raise PatchError("several statements would have to change together")
    _refuse_others(project, load)
    source = open_source(project, finding.location.path)
    chain = chain_of(source, load, ARRANGE | CHOOSE)
    if any("contains_eager" in source.segment(call) for call in chain.calls):
        raise PatchError(
            "`contains_eager` reads collections out of the joined rows, of which a limit would cut some"
        )
    if chain.is_query and load.statement.of("join", "outerjoin"):
        raise PatchError("a query gives each object once, and a limit counts the joined rows")
    _refuse_more_than_a_list(source, chain)
    order = "" if load.statement.of("order_by") else f".order_by({_key(project, load, chain)})"
    return make_patch(
        finding,
        f"Read {_MOST} rows at most in {load.function.name}",
        (settle(source, chain.bound(f"{order}.limit({_MOST})")),),
        (),
        risk=f"Clients get the first {_MOST} rows, and are not told that there are more: let them ask for the next page before there are.",
        validate=f"Call the route with more than {_MOST} rows: as many come, and memory and time stay as they are.",
        rollback="pitstop undo",
    )


def _refuse_others(project: Project, load: Load) -> None:
    """Raise unless the function answers GET requests, and does nothing else."""
    function = load.function
    routes = [route for route in project.routes.all if function in (route.function, *route.dependencies)]
    if not routes or any(route.function is not function for route in routes):
        raise PatchError(
            f"`{function.name}` reads the rows for whoever calls it, and others may want all of them"
        )
    if any(set(route.methods) - {"GET", "HEAD"} for route in routes):
        raise PatchError(
            f"`{function.name}` also answers requests that change something, which may want all rows"
        )
    for other in project.functions:
        if any(edge.target is function and edge.kind != "reference" for edge in project.calls.edges(other)):
            raise PatchError(f"`{other.name}` calls `{function.name}`, and may want all rows")


def _refuse_more_than_a_list(source: Source, chain: Chain) -> None:
    """Raise unless all that is done with the rows is to answer with them."""
    function = next(each for each in source.parents(chain.sent) if isinstance(each, Function))
    todo: list[ast.expr] = [chain.sent]
    seen: set[str] = set()
    while todo:
        rows = _climbed(source, todo.pop())
        parent = next(source.parents(rows))
        if isinstance(parent, ast.Return):
            continue
        name = _named(parent)
        if not name or name in seen:
            raise PatchError("more is done with the rows than to answer with them")
        seen.add(name)
        uses = [n for n in ast.walk(function) if isinstance(n, ast.Name) and n.id == name]
        if sum(isinstance(use.ctx, ast.Store) for use in uses) != 1:
            raise PatchError(f"`{name}` is given a value in several places")
        todo += [use for use in uses if isinstance(use.ctx, ast.Load)]


def _named(statement: ast.AST) -> str:
    """The one name that an assignment gives its value."""
    target = (
        statement.targets[0] if isinstance(statement, ast.Assign) and len(statement.targets) == 1 else None
    )
    if isinstance(statement, ast.AnnAssign):
        target = statement.target
    return target.id if isinstance(target, ast.Name) else ""


def _climbed(source: Source, rows: ast.expr) -> ast.expr:
    """The largest expression around some rows that is made of each of them in turn."""
    for parent in source.parents(rows):
        is_method = isinstance(parent, ast.Attribute) and parent.attr in _KEEPS
        is_call = isinstance(parent, ast.Call) and (
            parent.func is rows
            or (isinstance(parent.func, ast.Name) and parent.func.id in _LISTS and parent.args == [rows])
        )
        is_field = isinstance(parent, ast.Dict) or (
            isinstance(parent, ast.Call) and any(keyword.value is rows for keyword in parent.keywords)
        )
        if isinstance(parent, ast.comprehension):
            if parent.iter is not rows or parent.ifs:
                return rows
            continue
        if isinstance(parent, ast.keyword):
            continue
        if not (is_method or is_call or is_field or isinstance(parent, ast.Await | ast.ListComp)):
            return rows
        assert isinstance(parent, ast.expr)
        rows = parent
    return rows


def _key(project: Project, load: Load, chain: Chain) -> str:
    """The primary key, as the statement would name it. Raises PatchError where it does not tell what came first."""
    model = project.models.all.get(load.model)
    keys = [column for column in model.columns.values() if column.primary_key] if model is not None else []
    if len(keys) != 1 or of_column(project, keys[0]).name != "int":
        raise PatchError(
            "the statement has no `order_by`, and no number as its key: which rows come first is yours to say"
        )
    return f"{chain.entity}.{keys[0].attribute}"
