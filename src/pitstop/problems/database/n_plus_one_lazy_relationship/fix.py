"""Loads the relationship with the query that gives the rows."""

from __future__ import annotations

import ast
import re
from typing import TYPE_CHECKING

from pitstop.data import FileChange, Finding, Patch
from pitstop.errors import PatchError
from pitstop.patching.edits import Edit, make_patch
from pitstop.patching.imports import ensure_import
from pitstop.patching.python import Source
from pitstop.problems.database.n_plus_one_lazy_relationship.rule import Match, matches
from pitstop.problems.editing import import_class, open_source, twin_of
from pitstop.problems.layout import settle
from pitstop.problems.loaders import add_option
from pitstop.project.facts import Node
from pitstop.project.orm import Column, Model, Relationship

if TYPE_CHECKING:
    from pitstop.project import Project

_ONE_ROW = {"first", "one", "one_or_none", "scalar", "scalar_one", "scalar_one_or_none", "get", "get_one"}
_KEEPS_ROWS_APART = re.compile(r"\.(distinct|group_by|with_for_update|union|join)\(")


def propose(finding: Finding, project: Project) -> Patch:
    """A loader option on each query whose rows are read one by one. Raises PatchError."""
    if finding.fix.fix_class == "decide":
        raise PatchError(
            "what it is to give where nothing was awaited is yours to say: read what was awaited, or await it on all branches"
        )
    found = [match for match in matches(project) if match.finding.id == finding.id]
    if not found:
        raise PatchError("the query that gives the rows could not be found again")
    changes = _changes(project, found)
    relation = found[0].relation
    return make_patch(
        finding,
        f"Load {relation.qualname} along with the query",
        changes,
        ("statements",),
        risk="Callers of the query that never read the relationship load it too.",
        validate="The number of statements does not grow with the number of rows.",
        rollback="pitstop undo",
    )


def _changes(project: Project, found: list[Match]) -> tuple[FileChange, ...]:
    by_path: dict[str, list[Match]] = {}
    # Of what a schema reads, the title names the first; the next one is told when that is mended.
    for match in {m.origin: m for m in reversed(found)}.values():
        by_path.setdefault(match.origin[0], []).append(match)
    changes = []
    for path, matching in by_path.items():
        source = open_source(project, path)
        edits: list[Edit] = []
        for match in matching:
            edits += _option(project, source, match)
        changes.append(settle(source, edits))
    return tuple(changes)


def _option(project: Project, source: Source, match: Match) -> list[Edit]:
    """`.options(selectinload(Order.items).joinedload(Item.product))` right behind `select(Order)`."""
    origin = twin_of(source, ast.Call, Node(at=match.origin[1]))
    if not origin.args or not isinstance(origin.args[0], (ast.Name, ast.Attribute)):
        raise PatchError(f"{source.path}:{origin.lineno}: the query does not name the model that it selects")
    if isinstance(origin.func, ast.Attribute) and origin.func.attr in {"get", "get_one"}:
        raise PatchError(f"{source.path}:{origin.lineno}: the row is looked up by its key, one by one")
    if len(match.chain) == 1 and _gives_one_row(source, origin):
        raise PatchError(
            f"{source.path}:{origin.lineno}: the query gives one row, whose relationship is loaded once anyway"
        )
    statement = source.segment(source.statement(origin))
    edits: list[Edit] = []
    text = ""
    for position, relation in enumerate(match.chain):
        multiplies = _may_multiply(project, relation)
        loader = "selectinload" if multiplies or _KEEPS_ROWS_APART.search(statement) else "joinedload"
        owner = source.segment(origin.args[0])
        if position:
            module = project.index.by_path[match.origin[0]]
            imports, owner = import_class(
                project, source, module, project.index.classes[relation.model], origin
            )
            edits += imports
        argument = f"{owner}.{relation.name}"
        if position == 0:
            imports, local = ensure_import(source, "sqlalchemy.orm", loader, at=origin)
            edits += imports
            text = f"{local}({argument})"
        else:
            text += f".{loader}({argument})"
    return [*edits, *add_option(source, origin, text)]


def _may_multiply(project: Project, relation: Relationship) -> bool:
    """Whether a row may have several of the other ones, by what the tables promise: `uselist=False` only takes one of them.

    A join then gives a row more than once, and a limit counts each time.
    """
    if relation.many:
        return True
    text = relation.owner.module.text(relation.node)
    is_told = "uselist" in text or "primaryjoin" in text
    here, there = project.models.all.get(relation.model), project.models.all.get(relation.target)
    if here is None or there is None:
        return is_told
    if relation.model == relation.target:
        return "remote" not in text
    keys = _keys(there, here)
    if not keys:
        return is_told and not _keys(here, there)
    if _keys(here, there):
        return is_told
    return "primaryjoin" in text or not all(_is_unique(there, key) for key in keys)


def _keys(model: Model, other: Model) -> list[Column]:
    """The columns of a model that refer to the table of another one."""
    return [each for each in model.columns.values() if other.table in each.references.split(".")[-2:-1]]


def _is_unique(model: Model, column: Column) -> bool:
    keys = [each for each in model.columns.values() if each.primary_key]
    return column.unique or keys == [column]


def _gives_one_row(source: Source, origin: ast.Call) -> bool:
    """Whether at most one row is taken of what the query finds."""
    for parent in source.parents(origin):
        if isinstance(parent, ast.stmt):
            return False
        name = (
            parent.func.attr
            if isinstance(parent, ast.Call) and isinstance(parent.func, ast.Attribute)
            else ""
        )
        if name in _ONE_ROW:
            return True
    return False
