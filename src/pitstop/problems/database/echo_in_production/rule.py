"""Engines told to log every statement, whatever the environment."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from pitstop.data import Finding, Impact, SourceEvidence
from pitstop.problems.findings import make, merge_places
from pitstop.project.facts import Assign, Call, Const, Expr, With, children, dotted, expressions
from pitstop.project.sites import Site

if TYPE_CHECKING:
    from pitstop.project import Project
    from pitstop.project.inference import Scope
    from pitstop.project.model import Module

_MAKERS = {"sqlalchemy.create_engine", "sqlalchemy.ext.asyncio.create_async_engine"}
_ELSEWHERE = {
    "alembic",
    "bench",
    "conftest",
    "docs",
    "env",
    "examples",
    "migrations",
    "scripts",
    "test",
    "tests",
    "tools",
}
_IMPACT = Impact(
    text="no log line for each statement",
    expected=(1.4, 3.0),
    source="one log line more a request costs 1.4 (plain) to 3× (JSON) on a small route: pitstop's own measurement",
)


def find(project: Project) -> list[Finding]:
    """One finding for each engine with `echo` switched on in the code itself."""
    if not any(module.says("fastapi") for module in project.index.by_path.values()):
        return []
    return merge_places(_find(project))


def _find(project: Project) -> Iterator[Finding]:
    for module in project.index.by_path.values():
        if not module.says("echo") or set(re.split(r"[/.]", module.path)) & _ELSEWHERE:
            continue
        # What stands in an `if` at module level is a switch already.
        for statement in module.source.facts.body:
            if isinstance(statement, (Assign, With)):
                for expr in expressions(statement):
                    yield from _told(project, module, module, expr, module.name)
        for function in project.functions:
            if function.module is module:
                for site in function.calls:
                    if not _is_switched(site):
                        yield from _told(project, module, function, site.node, function.qualname, inner=False)


def _is_switched(site: Site) -> bool:
    return site.conditional or site.rescue


def _told(
    project: Project, module: Module, scope: Scope, expr: Expr, owner: str, *, inner: bool = True
) -> Iterator[Finding]:
    stack = [expr]
    while stack:
        node = stack.pop()
        if inner:
            stack.extend(children(node))
        if not isinstance(node, Call) or not dotted(node.func).endswith(
            ("create_engine", "create_async_engine")
        ):
            continue
        echo = node.keyword("echo")
        said = echo.value if isinstance(echo, Const) else False
        if (said is True or said == "debug") and project.types.type_of(node.func, scope).name in _MAKERS:
            what = "every statement and its rows" if said == "debug" else "every statement and its parameters"
            message = f"the engine logs {what}, in production too (`echo={said!r}`)"
            yield make(
                problem="echo-in-production",
                domain="database",
                severity="low",
                # Which of its files a service runs with in production, the source does not say.
                confidence="possible",
                message=message,
                module=module,
                owner=owner,
                node=node,
                evidence=(SourceEvidence(text=message, locations=(module.location(node, owner),)),),
                impact=_IMPACT,
                fix_class="safe",
            )
