"""Which tables grow: those whose rows are made within requests, or by workers."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from pitstop.data import Location
from pitstop.problems.tables import fills_by_itself
from pitstop.project.calls import Reach
from pitstop.project.facts import Attr, Call
from pitstop.project.model import FunctionInfo
from pitstop.project.sites import Site

if TYPE_CHECKING:
    from pitstop.project import Project

_FEW = {"category", "config", "configuration", "country", "currency", "feature", "flag", "language", "locale", "permission"} | {
    "connector", "credential", "override", "plan", "plugin", "priority", "provider", "role", "setting", "severity", "status", "tenant", "tier", "type",
}  # fmt: skip
_NOT_FOR_USERS = {"admin", "admins", "administrator", "superuser", "superadmin"}
_TESTS = {"conftest", "migrations", "scripts", "seeds", "test", "tests", "versions"}
_INSERTS = {"insert", "bulk_insert_mappings", "bulk_save_objects"}


@dataclass(frozen=True, slots=True)
class Grown:
    """Where rows of a table are made, and why it may hold few of them all the same."""

    function: FunctionInfo
    location: Location
    doubts: tuple[str, ...] = ()


class Growth:
    """The tables that grow, by class."""

    def __init__(self, project: Project) -> None:
        self._project = project

    def of(self, model: str) -> Grown | None:
        """Where requests make rows of a model; None where they don't."""
        made = self._made.get(model, ())
        if not made:
            return self._made_by_workers(model)
        function, site, _ = made[0]
        doubts = []
        words = [w.lower() for w in re.findall(r"[A-Z]?[a-z0-9]+", model.rpartition(".")[2])]
        if words and words[-1].removesuffix("s") in _FEW:
            return None
        if all(_is_guarded(reach) for _, _, reach in made):
            doubts.append("only administrators make such rows")
        return Grown(function, function.at(site.node), tuple(doubts))

    def _made_by_workers(self, model: str) -> Grown | None:
        """Where rows are made outside of requests, of a table that machines write to."""
        if not fills_by_itself(self._project.models.all[model]):
            return None
        name = model.rpartition(".")[2]
        for function in self._project.functions:
            if not function.module.says(name) or _TESTS & set(re.split(r"[/.]", function.module.path)):
                continue
            for site in function.calls:
                if model in self._classes(function, site):
                    return Grown(function, function.at(site.node))
        return None

    @cached_property
    def _made(self) -> dict[str, list[tuple[FunctionInfo, Site, Reach]]]:
        found: dict[str, list[tuple[FunctionInfo, Site, Reach]]] = {}
        models = self._project.models.all
        for function in self._project.functions:
            if self._project.calls.reach(function) is None:
                continue
            for site in function.calls:
                for name in self._classes(function, site):
                    reach = self._project.calls.reach(function, site) if name in models else None
                    if reach is not None and not _is_safe(reach):
                        found.setdefault(name, []).append((function, site, reach))
        return found

    def _classes(self, function: FunctionInfo, site: Site) -> Iterator[str]:
        call = site.node
        assert isinstance(call, Call)
        called = self._project.types.type_of(call.func, function)
        if called.kind == "class":
            yield called.name
        last = call.func.attr if isinstance(call.func, Attr) else getattr(call.func, "id", "")
        if last in _INSERTS and call.args:
            yield self._project.types.type_of(call.args[0], function).name
        elif isinstance(call.func, Attr) and last in {"model_validate", "from_orm", "parse_obj", "create"}:
            owner = self._project.types.type_of(call.func.value, function)
            if owner.kind == "class":
                yield owner.name


def _is_safe(reach: Reach) -> bool:
    """Whether only routes that should change nothing get there."""
    return all(route.kind == "route" and set(route.methods) <= {"GET", "HEAD"} for route in reach.routes)


def _is_guarded(reach: Reach) -> bool:
    """Whether each route that gets there asks for an administrator, by its path or by a dependency."""
    return all(
        any(
            set(re.split(r"[^a-z]+", text.lower())) & _NOT_FOR_USERS
            for text in (route.path, *(d.name for d in route.dependencies))
        )
        for route in reach.routes
    )
