"""Who may read a relationship: by its name, or with all that a row holds."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from pitstop.project.facts import Attr, Comp, Const, Name
from pitstop.project.mentions import Mentions, whole
from pitstop.project.model import FunctionInfo
from pitstop.project.orm import Relationship
from pitstop.project.routes import Route

if TYPE_CHECKING:
    from pitstop.project import Project


def reads(mentions: Mentions, route: Route, relation: Relationship) -> bool:
    """Whether a route may read a relationship, by its name or with all that a row holds."""
    mentioned = mentions.of_route(route)
    return mentioned.anything or relation.name in mentioned.attributes or walks(mentions, route, relation)


def walks(mentions: Mentions, route: Route, relation: Relationship) -> bool:
    """Whether all that a row holds may be sent."""
    mentioned = mentions.of_route(route)
    return mentioned.walks or whole(relation.model) in mentioned.attributes


def may_read(project: Project, function: FunctionInfo, relation: Relationship) -> bool:
    """Whether an attribute of this name, read in a function, may be this relationship: not when it is another class's."""
    turns = Counter(
        generator.target.id
        for site in function.sites
        if isinstance(site.node, Comp)
        for generator in site.node.generators
        if isinstance(generator.target, Name)
    )
    for site in function.sites:
        node = site.node
        if isinstance(node, Const) and isinstance(node.value, str) and relation.name in node.value.split("."):
            return True
        if not isinstance(node, Attr) or node.attr != relation.name:
            continue
        if isinstance(node.value, Name) and turns[node.value.id] > 1:
            # Several comprehensions have the name, each for rows of its own.
            return True
        owner = project.types.type_of(node.value, function)
        names = {c.qualname for c in project.types.mro(owner.name)}
        mine = not owner or relation.model in names or owner.name == relation.owner.qualname
        if mine and owner.kind != "class":
            return True
    return False
