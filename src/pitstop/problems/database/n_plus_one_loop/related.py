"""Rows that are looked up by a foreign key, taken from the relationship that goes with it: loaded along by the query of the loop."""

from __future__ import annotations

import ast
import re
from typing import TYPE_CHECKING

from pitstop.data import FileChange
from pitstop.patching.edits import Edit
from pitstop.patching.imports import ensure_import
from pitstop.patching.python import Source
from pitstop.problems.database.n_plus_one_loop.batches import Shape
from pitstop.problems.database.n_plus_one_loop.rule import Match
from pitstop.problems.database.n_plus_one_loop.seen import Seen
from pitstop.problems.editing import open_source, twin_of
from pitstop.problems.layout import settle
from pitstop.problems.loaders import add_option
from pitstop.project.facts import For, Node
from pitstop.project.orm import Model, Relationship

if TYPE_CHECKING:
    from pitstop.project import Project

_TELLS_MORE = re.compile(r"primaryjoin|secondary|uselist|viewonly|foreign_keys|lazy|innerjoin")
_KEEPS_ROWS_APART = re.compile(
    r"\.(distinct|execution_options|group_by|join|outerjoin|union|with_for_update)\("
)


def related(
    project: Project, match: Match, seen: Seen, shape: Shape, target: ast.expr, looked_up: str
) -> tuple[FileChange, ...] | None:
    """The loop with `row.relationship` in place of the look-up, and its query with the option; None where they may not give the same."""
    key = shape.key
    if shape.kind != "get" or not isinstance(key, ast.Attribute) or not isinstance(target, ast.Name):
        return None
    if not isinstance(key.value, ast.Name) or key.value.id != target.id:
        return None
    light = match.loop.iter if isinstance(match.loop, For) else match.loop.generators[0].iter
    rows = project.types.type_of(light, match.function)
    row = rows.args[0] if rows.args else None
    model = project.models.all.get(row.name) if row is not None and row.kind == "instance" else None
    if row is None or row.origin is None or model is None or not _is_its_own(project, match, row.origin):
        return None
    relation = _relation(project, model, key.attr, looked_up)
    if relation is None:
        return None
    path, at = row.origin
    source = seen.source if path == seen.source.path else open_source(project, path)
    option = _option(source, at, relation)
    if option is None:
        return None
    name = f"{target.id}.{relation.name}"
    use = seen.source.edit(seen.source.start(seen.place), seen.source.end(seen.place), name)
    if source is seen.source:
        return (settle(source, [*option, use]),)
    return settle(source, option), settle(seen.source, [use])


def _is_its_own(project: Project, match: Match, origin: tuple[str, int]) -> bool:
    """Whether the query that begins at a place gives rows to this loop alone."""
    homes = [
        function
        for function in project.functions
        if function.module.path == origin[0] and any(site.node.at == origin[1] for site in function.calls)
    ]
    if len(homes) != 1:
        return False
    if homes[0] is match.function:
        return True
    calls = [
        function
        for function in project.functions
        for edge in project.calls.edges(function)
        if edge.target is homes[0]
    ]
    return len(calls) == 1 and calls[0] is match.function


def _relation(project: Project, model: Model, attribute: str, looked_up: str) -> Relationship | None:
    """The relationship to a model that goes by one column, the only one that could; None where its declaration tells more."""
    column, other = model.columns.get(attribute), project.models.all.get(looked_up)
    if column is None or other is None or model is other:
        return None
    keys = [each for each in other.columns.values() if each.primary_key]
    ways = [each for each in model.columns.values() if other.table in each.references.split(".")[-2:-1]]
    if len(keys) != 1 or ways != [column] or column.references.rpartition(".")[2] != keys[0].name:
        return None
    found = [each for each in project.models.relationships(model.name).values() if each.target == other.name]
    if len(found) != 1 or found[0].many:
        return None
    return None if _TELLS_MORE.search(found[0].owner.module.text(found[0].node)) else found[0]


def _option(source: Source, at: int, relation: Relationship) -> list[Edit] | None:
    origin = twin_of(source, ast.Call, Node(at=at))
    if len(origin.args) != 1 or not isinstance(origin.args[0], ast.Name | ast.Attribute) or origin.keywords:
        return None
    if isinstance(origin.func, ast.Attribute) and origin.func.attr in {"get", "get_one"}:
        return None
    if _KEEPS_ROWS_APART.search(source.segment(source.statement(origin))):
        return None
    imports, local = ensure_import(source, "sqlalchemy.orm", "joinedload", at=origin)
    return [
        *imports,
        *add_option(source, origin, f"{local}({source.segment(origin.args[0])}.{relation.name})"),
    ]
