"""Which relationships a response schema reads from a model when it serialises it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from pitstop.project.facts import Assign, Attr, Call, Name, dotted
from pitstop.project.inference import is_property
from pitstop.project.orm import Relationship

if TYPE_CHECKING:
    from pitstop.project import Project

_DEPTH = 3


def schema_reads(
    project: Project, schema: str, model: str, depth: int = 0
) -> Iterator[tuple[Relationship, ...]]:
    """Chains of relationships read by the fields of `schema`, and by those of its nested schemas."""
    if depth > _DEPTH or schema not in project.index.classes or model not in project.models.all:
        return
    for cls in project.types.mro(schema):
        for name, node in cls.attributes.items():
            if node.annotation is None or _is_no_field(node):
                continue
            relation = project.models.relationship(model, name)
            if relation is None:
                yield from _property_reads(project, model, name)
                continue
            found = project.types.annotation(node.annotation, cls.module)
            inner = found.args[0] if found.name == "list" and found.args else found
            yield (relation,)
            for chain in schema_reads(project, inner.name, relation.target, depth + 1):
                yield (relation, *chain)


def _is_no_field(node: Assign) -> bool:
    """`orders: list[Order] = Relationship()` of SQLModel, which is no field of the model, and is not serialised."""
    return isinstance(node.value, Call) and dotted(node.value.func).rpartition(".")[2] == "Relationship"


def _property_reads(project: Project, model: str, name: str) -> Iterator[tuple[Relationship, ...]]:
    """Relationships that a property of the model reads from itself."""
    method = project.types.member_function(model, name)
    if method is None or not is_property(method) or not method.node.parameters:
        return
    this = method.node.parameters[0].name
    for site in method.sites:
        node = site.node
        if isinstance(node, Attr) and isinstance(node.value, Name) and node.value.id == this:
            relation = project.models.relationship(model, node.attr)
            if relation is not None:
                yield (relation,)
