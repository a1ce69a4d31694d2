"""Of what kind the values of columns and of expressions are: whether the database compares them as Python does."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from pitstop.project.facts import Attr, Call, Const, Expr, Name, dotted
from pitstop.project.model import FunctionInfo, Module

if TYPE_CHECKING:
    from pitstop.project import Project
    from pitstop.project.orm import Column

_WORDS = (
    ("int", r"(big|small)?int(eger)?"),
    ("str", r"str|string|text|unicode|unicodetext|varchar|autostring"),
    ("bool", r"bool|boolean"),
    ("uuid", r"uuid"),
    ("float", r"float|double"),
    ("decimal", r"decimal|numeric"),
    ("datetime", r"datetime|timestamp"),
    ("date", r"date"),
)
_NO_TYPES = {"ForeignKey", "Identity", "Sequence", "Computed", "CheckConstraint"}
_CHANGED_BY = ("as_uuid", "asdecimal", "collation")
"""Options of a type by which its values are others, or are compared otherwise."""
_OPTIONAL = re.compile(r"\bNone\b|\bOptional\b")
ORDERED = {"int", "float", "decimal", "datetime", "date"}
"""Kinds that the database puts in the same order as Python; texts go by its collation."""


@dataclass(frozen=True, slots=True)
class Kind:
    """What a value is: one of the words above, `enum:` with the name of its class, or empty where that is not known."""

    name: str
    nullable: bool = False


def of_column(project: Project, column: Column) -> Kind:
    """What the rows of a model hold in a column. The kind is empty for types that the project or a library made itself."""
    module = column.owner.module
    annotation = module.text(column.node.annotation) if column.node.annotation is not None else ""
    call = column.node.value if isinstance(column.node.value, Call) else None
    inner = call.keyword("sa_column") if call is not None else None
    call = inner if isinstance(inner, Call) else call
    stated = call.keyword("nullable") if call is not None else None
    if isinstance(stated, Const) and isinstance(stated.value, bool):
        nullable = stated.value
    else:
        nullable = bool(_OPTIONAL.search(annotation)) if annotation else True
    return Kind(_declared(project, call, annotation, module), nullable and not column.primary_key)


def _declared(project: Project, call: Call | None, annotation: str, module: Module) -> str:
    """By the type that is handed to the column, else by the annotation."""
    for each in _types(call):
        func = each.func if isinstance(each, Call) else each
        named = project.types.type_of(func, module).name or dotted(func)
        name = named.rpartition(".")[2]
        if name in _NO_TYPES:
            continue
        if isinstance(each, Call) and any(each.keyword(word) is not None for word in _CHANGED_BY):
            return ""
        if name == "Enum" and isinstance(each, Call) and len(each.args) == 1:
            return _enum(project, project.types.type_of(each.args[0], module).name)
        return "" if named in project.index.classes else _word(name)
    written = re.sub(r"^(?:\w+\.)*Mapped\[(.*)\]$", r"\1", annotation, flags=re.DOTALL)
    written = re.sub(r"\s*\|\s*None|^(?:\w+\.)*Optional\[(.*)\]$", r"\1", written).strip().strip("\"'")
    last = written.rpartition(".")[2]
    found = project.index.member(module, last)
    own = found.target if found is not None and found.how == "class" else ""
    return _enum(project, own) if own in project.index.classes else _word(last)


def _types(call: Call | None) -> list[Expr]:
    """The arguments of a column that may be its type."""
    if call is None:
        return []
    named = [call.keyword(name) for name in ("type_", "sa_type")]
    given = [argument for argument in call.args if not isinstance(argument, Const)]
    return [*given, *(each for each in named if each is not None)]


def _word(name: str) -> str:
    return next((kind for kind, words in _WORDS if re.fullmatch(words, name.lower())), "")


def _enum(project: Project, name: str) -> str:
    bases = project.types.external_bases(name) if name in project.index.classes else []
    return f"enum:{name}" if any(base.startswith("enum.") for base in bases) else ""


def of_value(project: Project, value: Expr, function: FunctionInfo) -> Kind:
    """What an expression gives. Not known is whether it may be None, unless an annotation says so."""
    if isinstance(value, Const):
        return Kind(_word(type(value.value).__name__), nullable=value.value is None)
    if isinstance(value, Attr):
        owner = project.types.type_of(value.value, function)
        model = project.models.all.get(owner.name)
        if owner.kind == "class":
            return Kind(_enum(project, owner.name))
        if model is not None and value.attr in model.columns:
            return of_column(project, model.columns[value.attr])
    found = project.types.type_of(value, function).name
    kind = _enum(project, found) if found in project.index.classes else _word(found.rpartition(".")[2])
    return Kind(kind, _may_be_none(project, value, function))


def _may_be_none(project: Project, value: Expr, function: FunctionInfo) -> bool:
    """Whether the annotation of a parameter, or of a class's attribute, allows for None."""
    if isinstance(value, Name):
        annotated = [p.annotation for p in function.node.parameters if p.name == value.id]
        return any(_OPTIONAL.search(function.module.text(each)) for each in annotated if each is not None)
    if isinstance(value, Attr):
        for cls in project.types.mro(project.types.type_of(value.value, function).name):
            node = cls.attributes.get(value.attr)
            if node is not None and node.annotation is not None:
                return bool(_OPTIONAL.search(cls.module.text(node.annotation)))
    return False
