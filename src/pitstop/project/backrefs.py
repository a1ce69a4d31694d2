"""Relationships that `backref=` declares: written on one class, and an attribute of the other."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING

from pitstop.project.facts import Assign, Call, Const, string
from pitstop.project.model import ClassInfo

if TYPE_CHECKING:
    from pitstop.project.index import Index
    from pitstop.project.orm import Relationship

Read = Callable[[ClassInfo, str, str, Assign], "Relationship | None"]


def backrefs(index: Index, read: Read) -> dict[str, dict[str, Relationship]]:
    """The relationships by the class that gets them, and by name. `read` makes a relationship of an assignment."""
    found: dict[str, dict[str, Relationship]] = {}
    for cls in index.classes.values():
        for attribute, node in cls.attributes.items():
            call = node.value
            given = call.keyword("backref") if isinstance(call, Call) else None
            if given is None or not isinstance(call, Call):
                continue
            forward = read(cls, cls.qualname, attribute, node)
            options = given if isinstance(given, Call) else None
            name = string(options.argument(0, "name") if options is not None else given)
            if forward is None or not forward.target or not name:
                continue
            uselist = options.keyword("uselist") if options is not None else None
            is_one = isinstance(uselist, Const) and uselist.value is False
            many = not is_one and (not forward.many or call.keyword("secondary") is not None)
            lazy = string(options.keyword("lazy")) if options is not None else ""
            found.setdefault(forward.target, {})[name] = replace(
                forward,
                name=name,
                model=forward.target,
                target=cls.qualname,
                many=many,
                lazy=lazy or "select",
            )
    return found
