"""A client of the same class and settings that the service keeps already, and how a function reaches it."""

from __future__ import annotations

import ast
from dataclasses import dataclass
from typing import TYPE_CHECKING

from pitstop.problems.clients import given_clients, handed_over, kept_clients
from pitstop.project.facts import Call

if TYPE_CHECKING:
    from pitstop.project import Project
    from pitstop.project.model import FunctionInfo, Module


@dataclass(frozen=True, slots=True)
class Shared:
    """How to reach the shared client: by an expression in the function, or by a dependency's name."""

    expression: str = ""
    module: str = ""
    name: str = ""


def find_shared(project: Project, function: FunctionInfo, call: ast.Call) -> Shared | None:
    """The one client built outside of requests with the same settings, as this function can reach it.

    Settings that are literals must be equal; others must be given to both. That the others are the same is left to the
    proof, which compares the answers and the calls that go out.
    """
    found = project.types.type_of(_light(function, call), function)
    kind = found.name
    if len([c for c in kept_clients(project, kind) if _same_settings(c, call)]) != 1:
        return None
    attribute, _ = handed_over(project, function, kind)
    if attribute:
        return Shared(expression=attribute)
    given = next((g for g in given_clients(project, kind) if g.name and g.provider is not function), None)
    if given is None:
        return None
    return Shared(module="" if given.module is function.module else given.module.name, name=given.name)


def _light(function: FunctionInfo, call: ast.Call) -> Call:
    wanted = (call.lineno, call.col_offset, call.end_lineno, call.end_col_offset)
    return next(s.node for s in function.calls if isinstance(s.node, Call) and s.node.span == wanted)


def _same_settings(kept: tuple[Module, Call], call: ast.Call) -> bool:
    module, other = kept
    given = {k.arg: k.value for k in call.keywords}
    if call.args or other.args or {k.name for k in other.keywords} != set(given):
        return False
    for keyword in other.keywords:
        mine = given[keyword.name]
        if isinstance(mine, ast.Constant) and ast.unparse(mine) != module.text(keyword.value):
            return False
    return True
