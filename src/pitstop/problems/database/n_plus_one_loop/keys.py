"""Whether a key found in Python is the same as one found by the database: of one type, and not NULL on both sides."""

from __future__ import annotations

import ast
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from pitstop.errors import PatchError
from pitstop.patching.python import Source
from pitstop.problems.database.n_plus_one_loop.batches import Shape
from pitstop.problems.database.n_plus_one_loop.rule import Match
from pitstop.project.facts import For, Name, Seq

if TYPE_CHECKING:
    from pitstop.project import Project
    from pitstop.project.model import Type
    from pitstop.project.orm import Column, Model

_KINDS = (
    ("int", r"int(eger)?|(big|small)int(eger)?|identity"),
    ("str", r"str(ing)?|text|unicode|varchar|char|autostring|emailstr|slug"),
    ("uuid", r"uuid[1-8]?|guid"),
)


@dataclass(frozen=True, slots=True)
class _Key:
    """One side of a comparison."""

    kind: str
    nullable: bool
    column: str = ""
    """`table.column`, where it is one."""
    references: str = ""


def refuse_unequal(project: Project, match: Match, target: ast.expr, shape: Shape, source: Source) -> None:
    """Raise PatchError unless the keys of the turns are surely equal to the column's values when the database says so."""
    del source
    key = _of_turn(project, match, target, shape.key)
    column = _looked_up(project, match, shape)
    if key is None or column is None:
        raise PatchError("the type of the key is not known, so that rows cannot be told apart by it")
    related = key.column and (key.references == column.column or column.references == key.column)
    shared = key.references and key.references == column.references
    if not (related or shared) and (not key.kind or key.kind != column.kind):
        raise PatchError(
            f"the key ({key.kind or 'unknown'}) and the column ({column.kind or 'unknown'}) may differ in type, "
            "which the database forgives and a look-up in a dict does not"
        )
    if shape.kind != "get" and key.nullable and column.nullable:
        raise PatchError(
            "the key may be None, and the column NULL: `= NULL` and `IN (NULL)` find different rows"
        )


def _of_turn(project: Project, match: Match, target: ast.expr, key: ast.expr) -> _Key | None:
    loop = match.loop
    names = loop.target if isinstance(loop, For) else loop.generators[0].target
    root = key.value if isinstance(key, ast.Attribute) else key
    if not isinstance(root, ast.Name):
        return None
    light = _light_name(names, root.id)
    if light is None:
        return None
    del target
    owner = project.types.type_of(light, match.function)
    if isinstance(key, ast.Name):
        return _Key(_kind(owner.name), nullable=False) if _kind(owner.name) else None
    assert isinstance(key, ast.Attribute)
    return _attribute(project, owner, key.attr)


def _light_name(target: object, name: str) -> Name | None:
    if isinstance(target, Name):
        return target if target.id == name else None
    if isinstance(target, Seq):
        return next((found for item in target.items if (found := _light_name(item, name)) is not None), None)
    return None


def _attribute(project: Project, owner: Type, name: str) -> _Key | None:
    model = project.models.all.get(owner.name)
    if model is not None and name in model.columns:
        return _of_column(model, model.columns[name])
    for cls in project.types.mro(owner.name):
        node = cls.attributes.get(name)
        if node is not None and node.annotation is not None:
            text = cls.module.text(node.annotation)
            kind = _kind(re.sub(r"\s*\|\s*None|Optional\[(.*)\]", r"\1", text))
            return _Key(kind, "None" in text or "Optional" in text)
    return None


def _of_column(model: Model, column: Column) -> _Key:
    text = column.owner.module.text(column.node)
    annotation = (
        column.owner.module.text(column.node.annotation) if column.node.annotation is not None else ""
    )
    if column.primary_key or re.search(r"nullable\s*=\s*False", text):
        nullable = False
    elif annotation:
        nullable = (
            "None" in annotation or "Optional" in annotation or bool(re.search(r"nullable\s*=\s*True", text))
        )
    else:
        nullable = True
    written = re.sub(r"Mapped\[(.*)\]", r"\1", annotation)
    written = re.sub(r"\s*\|\s*None|Optional\[(.*)\]", r"\1", written).strip()
    kind = _kind(column.type_name) or _kind(written)
    return _Key(kind, nullable, f"{model.table}.{column.name}", column.references)


def _kind(name: str) -> str:
    last = name.rpartition(".")[2].partition("(")[0].strip().lower()
    return next((kind for kind, words in _KINDS if re.fullmatch(words, last)), "")


def _looked_up(project: Project, match: Match, shape: Shape) -> _Key | None:
    if shape.kind == "get":
        model = _entity(project, match)
        keys = [c for c in model.columns.values() if c.primary_key] if model is not None else []
        return _of_column(model, keys[0]) if model is not None and len(keys) == 1 else None
    if not isinstance(shape.column, ast.Attribute):
        return None
    written = ast.unparse(shape.column.value).rpartition(".")[2]
    models = [m for m in project.models.all.values() if m.info.name == written]
    found = [m.columns[shape.column.attr] for m in models if shape.column.attr in m.columns]
    return _of_column(models[0], found[0]) if len(models) == 1 and found else None


def _entity(project: Project, match: Match) -> Model | None:
    found = project.types.type_of(match.site.node, match.function)
    entity = found.args[0] if found.kind == "coroutine" and found.args else found
    return project.models.all.get(entity.name)
