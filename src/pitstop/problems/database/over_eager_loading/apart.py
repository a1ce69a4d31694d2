"""A collection that the model has loaded along, loaded by those queries alone whose rows are read for it."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from typing import TYPE_CHECKING

from pitstop.errors import PatchError
from pitstop.patching.edits import Edit
from pitstop.patching.imports import ensure_import
from pitstop.patching.python import Source
from pitstop.problems.database.over_eager_loading.readers import may_read, reads
from pitstop.problems.database.over_eager_loading.rule import Match
from pitstop.problems.editing import twin_of
from pitstop.problems.loaders import add_option
from pitstop.project.eager import eager
from pitstop.project.facts import Attr, Call, Node
from pitstop.project.imports import is_test
from pitstop.project.mentions import Mentions
from pitstop.project.results import QUERY, SELECT

if TYPE_CHECKING:
    from pitstop.project import Project
    from pitstop.project.loads import Load
    from pitstop.project.model import FunctionInfo
    from pitstop.project.orm import Relationship
    from pitstop.project.routes import Route

_LOADERS = {
    "immediate": "immediateload",
    "joined": "joinedload",
    "selectin": "selectinload",
    "subquery": "subqueryload",
}
_ANEW = {"merge", "refresh"}


def queries_that_need(project: Project, match: Match) -> dict[str, list[tuple[int, str]]]:
    """Where the queries of those who read it begin, by path, each with the loader for it.

    Raises PatchError where somebody may read it whose query is not one of them.
    """
    relation = match.relation
    mentions = Mentions(project)
    if not match.only_routes:
        raise PatchError("not only routes run the queries that load it")
    _refuse_kin(project, relation)
    reading: dict[int, Route] = {}
    needed: list[Load] = []
    for load in match.loads:
        own = [route for route in load.reach.routes if reads(mentions, route, relation)]
        reading |= {id(route): route for route in own}
        needed += [load] if own else []
    if len(needed) == len(match.loads):
        raise PatchError("each query that loads it runs for a route that reads it")
    _refuse_other_readers(project, mentions, match, list(reading.values()))
    for route in reading.values():
        for function in _way(project, mentions, route):
            _refuse_other_ways(project, mentions, relation, route, function)
    found: dict[str, list[tuple[int, str]]] = {}
    for load in needed:
        path, at = _origin(project, load, relation)
        if (at, _LOADERS[relation.lazy]) not in found.setdefault(path, []):
            found[path].append((at, _LOADERS[relation.lazy]))
    return found


def load_with(source: Source, at: int, loader: str, relation: Relationship) -> list[Edit]:
    """The query that begins at a place with the relationship loaded along. Raises PatchError."""
    origin = twin_of(source, ast.Call, Node(at=at))
    first = origin.args[0] if origin.args else None
    if not isinstance(first, (ast.Name, ast.Attribute)):
        raise PatchError(f"{source.path}:{origin.lineno}: the query does not name the model that it selects")
    imports, local = ensure_import(source, "sqlalchemy.orm", loader, at=origin)
    return [*imports, *add_option(source, origin, f"{local}({source.segment(first)}.{relation.name})")]


def _way(project: Project, mentions: Mentions, route: Route) -> Iterator[FunctionInfo]:
    return (project.index.functions[name] for name in sorted(mentions.way(route)))


def _refuse_kin(project: Project, relation: Relationship) -> None:
    kin = [
        name
        for name in project.index.classes
        if name != relation.model and any(c.qualname == relation.model for c in project.types.mro(name))
    ]
    if kin or relation.owner.qualname != relation.model:
        raise PatchError("several models have it by inheritance")


def _refuse_other_readers(project: Project, mentions: Mentions, match: Match, reading: list[Route]) -> None:
    """Raise where code beside the routes that are seen to load and read it may read it as well."""
    relation = match.relation
    ways = {name for route in reading for name in mentions.way(route)}
    for function in mentions.readers.get(relation.name, ()):
        if is_test(function.module) or not may_read(project, function, relation):
            continue
        if function.owner is not None and function.owner.qualname in project.models.all:
            raise PatchError(f"`{function.qualname}` of the model reads it, and whoever reads that")
        if function.qualname not in ways or project.jobs.has(function):
            raise PatchError(
                f"`{function.qualname}` reads it too, which is not only on the way of these routes"
            )
    by_option = [
        load
        for load in project.loads.all
        if any(o.relation.qualname == relation.qualname for o in eager(project.types, load.statement))
    ]
    seen = {id(route) for load in (*match.loads, *by_option) for route in load.reach.routes}
    for route in project.routes.all:
        if id(route) not in seen and reads(mentions, route, relation):
            raise PatchError(f"`{route.name}` may read it, and which query gives its rows is not seen")


def _refuse_other_ways(
    project: Project, mentions: Mentions, relation: Relationship, route: Route, function: FunctionInfo
) -> None:
    """Raise where a route that reads it may get rows of the model from elsewhere than from its queries."""
    for model in project.models.all:
        for other in project.models.relationships(model).values():
            if other.target != relation.model:
                continue
            if may_read(project, function, other) or mentions.answers_with(route, other.name):
                raise PatchError(f"`{route.name}` reads `{other.qualname}`, whose rows come without it then")
    for site in function.calls:
        call = site.node
        if isinstance(call, Call) and isinstance(call.func, Attr) and call.func.attr in _ANEW and call.args:
            row = project.types.type_of(call.args[0], function).name
            if row == relation.model or row not in project.models.all:
                raise PatchError(f"`{route.name}` refreshes rows, which forgets what only a query has loaded")
    for load in project.loads.all:
        if load.function is not function or load.entities:
            continue
        if relation.model in _given_to(project, mentions, route, function):
            raise PatchError(f"`{function.qualname}` gives `{route.name}` rows of a model that is not told")


def _given_to(project: Project, mentions: Mentions, route: Route, generic: FunctionInfo) -> set[str]:
    """The models that a method for many of them may load on a route's way, as the classes say that it is called of; all where they do not."""
    found: set[str] = set()
    for function in _way(project, mentions, route):
        for edge in project.calls.edges(function):
            call = edge.site.node
            if edge.target is not generic:
                continue
            owner = (
                project.types.type_of(call.func.value, function).name
                if isinstance(call, Call) and isinstance(call.func, Attr)
                else ""
            )
            named = {
                kind.name
                for cls in project.types.mro(owner)
                for attribute in cls.attributes.values()
                if (kind := project.types.type_of(attribute.value, cls.module)).kind == "class"
                and kind.name in project.models.all
            }
            if not named:
                return set(project.models.all)
            found |= named
    return found


def _origin(project: Project, load: Load, relation: Relationship) -> tuple[str, int]:
    statement = project.types.type_of(load.query.statement, load.function)
    where = f"{load.function.module.path}:{load.site.node.line}"
    if statement.name not in {QUERY, SELECT} or statement.origin is None:
        raise PatchError(
            f"{where}: the row is looked up by its key, and not by a query that could load it along"
        )
    if load.statement.unknown or load.entities[0] != relation.model:
        raise PatchError(f"{where}: how the query is made cannot be told")
    return statement.origin
