"""Foreign keys that the database looks through when requests delete what they refer to."""

from __future__ import annotations

import re
from collections import defaultdict, deque
from collections.abc import Iterator
from dataclasses import dataclass
from os.path import commonpath
from typing import TYPE_CHECKING

from pitstop.data import Location
from pitstop.problems.database.missing_index.columns import is_elsewhere, is_tenants
from pitstop.problems.database.missing_index.use import Use
from pitstop.problems.findings import route_names
from pitstop.problems.tables import grows_by_events
from pitstop.project.facts import Attr, Await, Call, Dict, Expr, Name, Seq, string
from pitstop.project.model import FunctionInfo
from pitstop.project.orm import Column, Model
from pitstop.project.sites import Site

if TYPE_CHECKING:
    from pitstop.project import Project

_Referring = dict[str, list[tuple[Model, Column]]]
_SESSIONS = ("sqlalchemy.orm.Session", "sqlalchemy.ext.asyncio", "sqlmodel")
_ON_DELETE = re.compile(r"""ondelete\s*=\s*["']CASCADE""", re.IGNORECASE)
_STEPS = 4
"""How far a row is followed to the class that it was read by."""


@dataclass(frozen=True, slots=True)
class _Deletion:
    """One place that deletes rows of a model."""

    location: Location
    routes: tuple[str, ...]
    by_unit: bool
    """Whether a session deletes the rows one by one, and with them those of the relationships that cascade."""
    table: str


def by_deletion(project: Project) -> Iterator[Use]:
    """The foreign keys to tables whose rows requests delete, or that go along with rows that requests delete."""
    deleted: dict[str, list[_Deletion]] = defaultdict(list)
    deleters = _deleters(project)
    for function in project.functions:
        if project.calls.reach(function) is not None:
            for name, site, by_unit in _deletions(project, function, deleters):
                reach = project.calls.reach(function, site)
                if reach is None or is_tenants(project.models.all[name]):
                    # It happens too seldom to index for it all tables that know the tenant.
                    continue
                table = project.models.all[name].table
                deleted[name].append(_Deletion(function.at(site.node), route_names(reach), by_unit, table))
    if not deleted:
        return
    referring = _referring(project)
    along = _along(project, referring, deleted)
    for name, columns in referring.items():
        for model, column in columns:
            if model.leads_index(column.name):
                continue
            use = Use(model, column)
            places = deleted.get(name)
            if not places:
                # Each deleted row takes many along: it shows where the table to search is a large one.
                places = along.get(name) if grows_by_events(model) else None
                if not places:
                    continue
                use.deleted_with = places[0].table
            for place in places:
                use.by_deletion.append(place.location)
                use.routes.extend(place.routes)
            yield use


# --- what is deleted -------------------------------------------------------------------------------------------------


def _deletions(
    project: Project, function: FunctionInfo, deleters: dict[str, bool]
) -> Iterator[tuple[str, Site, bool]]:
    """The models whose rows a function deletes: by `session.delete(row)`, by a statement, by a method that they inherit."""
    for site in function.calls:
        call = site.node
        assert isinstance(call, Call)
        found = _deleted_by(project, call, function)
        if found is not None:
            target, by_unit = found
            yield from ((model, site, by_unit) for model in _models(project, target, function))
    if not deleters:
        return
    for edge in project.calls.edges(function):
        call = edge.site.node
        if edge.target.qualname in deleters and isinstance(call, Call) and isinstance(call.func, Attr):
            by_unit = deleters[edge.target.qualname]
            yield from ((model, edge.site, by_unit) for model in _models(project, call.func.value, function))


def _deleted_by(project: Project, call: Call, function: FunctionInfo) -> tuple[Expr, bool] | None:
    """What a call deletes, and whether a session does it row by row."""
    name = getattr(call.func, "attr", "") or getattr(call.func, "id", "")
    if name != "delete":
        return None
    called = project.types.type_of(call.func, function).name
    if called.endswith("Query.delete") and isinstance(call.func, Attr):
        return call.func.value, False
    if call.args and called in {"sqlalchemy.delete", "sqlmodel.delete"}:
        return call.args[0], False
    if call.args and called.startswith(_SESSIONS):
        return call.args[0], True
    return None


def _deleters(project: Project) -> dict[str, bool]:
    """The methods that delete the row they are called on, or rows of the class; whether it is done row by row."""
    found: dict[str, bool] = {}
    for function in project.functions:
        if function.owner is None or not function.module.says("delete"):
            continue
        for site in function.calls:
            assert isinstance(site.node, Call)
            target = _deleted_by(project, site.node, function)
            if target is not None and _is_own(target[0]):
                found[function.qualname] = target[1]
    return found


def _is_own(expr: Expr) -> bool:
    """Whether an expression is the object that a method belongs to, or its class."""
    if isinstance(expr, Attr) and expr.attr == "__class__":
        expr = expr.value
    if isinstance(expr, Call) and isinstance(expr.func, Name) and expr.func.id == "type" and expr.args:
        expr = expr.args[0]
    return isinstance(expr, Name) and expr.id in {"self", "cls"}


def _models(project: Project, expr: Expr, function: FunctionInfo, steps: int = _STEPS) -> set[str]:
    """The models whose rows an expression may give."""
    models = project.models.all
    found = project.types.type_of(expr, function)
    if found.name in models:
        return {found.name}
    rows = {arg.name for arg in found.args if arg.name in models}
    if rows or not steps:
        return rows
    match expr:
        case Await():
            return _models(project, expr.value, function, steps)
        case Seq():
            return {m for item in expr.items for m in _models(project, item, function, steps - 1)}
        case Name():
            values = [
                b.value
                for b in function.bindings.get(expr.id, [])
                if b.how in {"value", "element"} and not b.index
            ]
            return {m for v in values if v is not None for m in _models(project, v, function, steps - 1)}
        case Call() if isinstance(expr.func, Attr):
            # A class method of a base that says it gives a base gives rows of the class it is called on.
            owner = project.types.type_of(expr.func.value, function)
            bases = (
                {cls.qualname for cls in project.types.mro(owner.name)} if owner.kind == "class" else set()
            )
            given = {found.name, *(arg.name for arg in found.args)}
            return {owner.name} if owner.name in models and given & bases else set()
    return set()


# --- what goes along -------------------------------------------------------------------------------------------------


def _referring(project: Project) -> _Referring:
    """The foreign keys to each model. Where several services have a table of one name, the nearest is meant."""
    tables: dict[str, list[Model]] = defaultdict(list)
    # Migrations have models of their own, for the tables as they were.
    models = [model for model in project.models.all.values() if not is_elsewhere(model.info.module)]
    for model in models:
        tables[model.table].append(model)
    found: _Referring = defaultdict(list)
    for child in models:
        home = child.info.module.path
        for column in child.columns.values():
            parents = tables.get(column.references.rpartition(".")[0])
            if parents:
                nearest = max(parents, key=lambda model: len(commonpath([model.info.module.path, home])))
                found[nearest.name].append((child, column))
    return found


def _along(
    project: Project, referring: _Referring, deleted: dict[str, list[_Deletion]]
) -> dict[str, list[_Deletion]]:
    """The models whose rows go along with rows that are deleted, with where those are."""
    found: dict[str, list[_Deletion]] = {}
    todo = deque(
        (name, place)
        for name, places in deleted.items()
        for place in places
        if not is_tenants(project.models.all[name])
    )
    seen: set[tuple[str, Location, bool]] = set()
    while todo:
        name, place = todo.popleft()
        for child, by_unit in _children(project, referring, project.models.all[name], place):
            if (child, place.location, by_unit) in seen:
                continue
            seen.add((child, place.location, by_unit))
            went = _Deletion(place.location, place.routes, by_unit, place.table)
            found.setdefault(child, []).append(went)
            todo.append((child, went))
    return found


def _children(
    project: Project, referring: _Referring, model: Model, place: _Deletion
) -> Iterator[tuple[str, bool]]:
    """The models whose rows are deleted with those of a model, and whether the session does it."""
    if place.by_unit:
        for relation in model.relationships.values():
            is_own = relation.owner.attributes.get(relation.name) is relation.node
            if is_own and relation.target in project.models.all and _cascades(relation.node.value):
                yield relation.target, True
    for child, column in referring[model.name]:
        if _ON_DELETE.search(column.owner.module.text(column.node)):
            yield child.name, False


def _cascades(call: Expr | None) -> bool:
    """Whether a relationship says that a session deletes what it leads to."""
    if not isinstance(call, Call):
        return False
    given = string(call.keyword("cascade"))
    more = call.keyword("sa_relationship_kwargs")
    if isinstance(more, Dict):
        pairs = zip(more.keys, more.values, strict=True)
        given = given or next((string(value) for key, value in pairs if string(key) == "cascade"), "")
    return bool({"all", "delete"} & set(re.split(r"[\s,]+", given)))
