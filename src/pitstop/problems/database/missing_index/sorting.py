"""Moments by which requests narrow or page a table of events, with no index that has them after what is compared."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from pitstop.data import Finding, Location, SourceEvidence
from pitstop.problems.database.missing_index.columns import is_coarse, is_elsewhere, is_time
from pitstop.problems.findings import make, route_names
from pitstop.problems.tables import grows_by_events
from pitstop.project.facts import Attr, Call, Expr, Name, Op, Star, dotted
from pitstop.project.orm import Column, Model
from pitstop.project.queries import Filter
from pitstop.project.results import QUERY, SELECT

if TYPE_CHECKING:
    from pitstop.project import Project
    from pitstop.project.model import FunctionInfo

_BUILT = {SELECT, QUERY}
_CONDITIONS = {"where", "filter", "filter_by", "having"}
_PAGES = {"limit", "slice", "first"}
_REGROUPED = {"group_by", "distinct", "union", "union_all"}
_COMBINED = {"and_", "or_", "not_"}
_FOLLOWED = {*_CONDITIONS, *_PAGES, *_REGROUPED, "join", "outerjoin", "select_from", "order_by"}

_Origin = tuple[str, int]


@dataclass
class _Statement:
    """What is known of one statement, of all the builder calls on it together."""

    filters: list[Filter] = field(default_factory=list)
    routes: tuple[str, ...] = ()
    first_sorted: list[Expr] = field(default_factory=list)
    """What each `order_by` sorts by first."""
    is_whole: bool = False
    """Whether reading sees where it begins: what a function adds to a statement it was handed is a part of one."""
    is_paged: bool = False
    is_regrouped: bool = False
    hides: bool = False
    """Whether it has conditions or tables that reading cannot follow: they may find the rows already."""


@dataclass
class _Moment:
    """A column that statements narrow or page by, and those of its table's columns they compare."""

    model: Model
    column: Column
    equal: tuple[str, ...]
    is_narrowed: bool
    places: list[Location] = field(default_factory=list)
    routes: list[str] = field(default_factory=list)


def by_moment(project: Project, known: set[tuple[str, str]]) -> Iterator[Finding]:
    """One finding for each column of the kind; none for those in `known`, as (model, attribute)."""
    found: dict[tuple[str, str], _Moment] = {}
    for statement in _statements(project).values():
        for used in _unserved(project, statement):
            model, column = used.model, used.column
            if (model.name, column.attribute) in known or is_elsewhere(column.owner.module):
                continue
            equal = tuple(sorted({f.column.name for f in statement.filters if f.kind == "equal"}))
            moment = found.setdefault(
                (model.name, column.attribute), _Moment(model, column, equal, used.kind == "range")
            )
            moment.places.append(used.function.at(used.node))
            moment.routes.extend(statement.routes)
    for moment in found.values():
        yield _finding(moment)


def _statements(project: Project) -> dict[_Origin, _Statement]:
    found: dict[_Origin, _Statement] = {}
    for function in project.functions:
        reach = project.calls.reach(function)
        if reach is None:
            continue
        for used in project.queries.filters(function):
            statement = found.setdefault(used.statement, _Statement())
            statement.filters.append(used)
            statement.routes = statement.routes or route_names(reach)
        for site in function.calls:
            call = site.node
            assert isinstance(call, Call)
            if isinstance(call.func, Attr) and call.func.attr in _FOLLOWED:
                receiver = project.types.type_of(call.func.value, function)
                if receiver.name in _BUILT and receiver.origin is not None:
                    _add(project, found.setdefault(receiver.origin, _Statement()), call, function)
            elif project.types.type_of(call.func, function).kind == "function":
                # A function that hands a statement back may have added to it.
                for argument in (*call.args, *(k.value for k in call.keywords)):
                    given = project.types.type_of(argument, function)
                    if given.name in _BUILT and given.origin is not None:
                        found.setdefault(given.origin, _Statement()).hides = True
    return found


def _add(project: Project, statement: _Statement, call: Call, function: FunctionInfo) -> None:
    assert isinstance(call.func, Attr)
    method = call.func.attr
    statement.is_whole = True
    if method in _CONDITIONS:
        statement.hides = statement.hides or any(_hides(project, a, function) for a in call.args)
    elif method in {"join", "outerjoin", "select_from"}:
        statement.hides = statement.hides or any(_is_subquery(project, a, function) for a in call.args[:1])
    elif method in _PAGES:
        statement.is_paged = True
    elif method in _REGROUPED:
        statement.is_regrouped = True
    elif call.args:
        statement.first_sorted.append(call.args[0])


def _hides(project: Project, condition: Expr, function: FunctionInfo) -> bool:
    """Whether a condition may be anything: made elsewhere, or in SQL of its own."""
    match condition:
        case Star() | Name():
            return True
        case Call() if dotted(condition.func).rpartition(".")[2] in _COMBINED:
            return any(_hides(project, argument, function) for argument in condition.args)
        case Call():
            return (
                not isinstance(condition.func, Attr)
                or project.queries.column(condition.func.value, function) is None
            )
        case Op() if condition.op in {"BitAnd", "BitOr", "And", "Or", "Invert", "Not"}:
            return any(_hides(project, operand, function) for operand in condition.operands)
    return False


def _is_subquery(project: Project, joined: Expr, function: FunctionInfo) -> bool:
    found = project.types.type_of(joined, function)
    if found.kind == "class" and found.name in project.models.all:
        return False
    if not isinstance(joined, Attr):
        return True
    owner = project.types.type_of(joined.value, function)
    return project.models.relationship(owner.name, joined.attr) is None


def _unserved(project: Project, statement: _Statement) -> Iterator[Filter]:
    """The moments for which an index would do something that no index does already."""
    compared = [f for f in statement.filters if f.kind == "equal"]
    if not statement.is_whole or statement.hides or any(not is_coarse(project, f.column) for f in compared):
        # What else is compared finds the rows, or is the column to index.
        return
    for used in statement.filters:
        if used.kind not in {"range", "order"} or not is_time(used.column) or not grows_by_events(used.model):
            continue
        if any(f.model is not used.model for f in compared):
            continue
        if used.kind == "order" and any(f.among for f in compared):
            # The rows of several values of a column do not come sorted from an index that starts with it.
            continue
        if _serves(used.model, used.column.name, {f.column.name for f in compared}):
            continue
        if used.kind == "range" or _is_page_by(statement, used):
            yield used


def _is_page_by(statement: _Statement, used: Filter) -> bool:
    """Whether the rows are sorted by the column first of all, and only some of them are taken."""
    if not statement.is_paged or statement.is_regrouped:
        return False
    if any(f.kind == "range" and f.model.leads_index(f.column.name) for f in statement.filters):
        return False
    return any(_holds(first, used.node) for first in statement.first_sorted)


def _holds(outer: Expr, inner: Expr) -> bool:
    while outer is not inner and isinstance(outer, Call):
        outer = outer.args[0] if outer.args else getattr(outer.func, "value", inner)
    return outer is inner


def _serves(model: Model, column: str, equal: set[str]) -> bool:
    return model.serves(column, equal) or any(column in columns for columns in model.partial_indexes)


def _finding(moment: _Moment) -> Finding:
    model, column = moment.model, moment.column
    names = " and ".join(f"`{name}`" for name in moment.equal)
    number = len(dict.fromkeys(moment.routes))
    who = f"`{moment.routes[0]}`" if number == 1 else f"{number} routes"
    what = "narrows" if moment.is_narrowed else "pages"
    lacks = f"no index has it after {names}" if names else "no index starts with it"
    return make(
        problem="missing-index",
        domain="database",
        severity="medium",
        confidence="possible",
        message=f"`{model.table}.{column.name}` {what} the rows for {who}, and {lacks}",
        module=column.owner.module,
        owner=f"{model.name}.{column.attribute}",
        node=column.node,
        code="",
        routes=moment.routes,
        call_path=moment.places[:1],
        evidence=(
            SourceEvidence(
                text=f"`{model.table}` grows with what happens; to find the rows by `{column.name}`, "
                + (f"all those of one {names} are read" if names else "all of it is read")
                + ("" if moment.is_narrowed else " and sorted for one page"),
                locations=tuple(dict.fromkeys(moment.places)),
            ),
        ),
        fix_class="decide",
    )
