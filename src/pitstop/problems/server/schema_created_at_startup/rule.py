"""`metadata.create_all` when the service starts, although Alembic keeps the schema."""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Iterator
from typing import TYPE_CHECKING

from pitstop.data import Finding, SourceEvidence
from pitstop.problems.findings import make, merge_places
from pitstop.project.calls import Step
from pitstop.project.facts import (
    Assign,
    Attr,
    Expr,
    ExprStatement,
    FunctionDef,
    With,
    children,
    dotted,
    expressions,
)

if TYPE_CHECKING:
    from pitstop.data import Location
    from pitstop.project import Project
    from pitstop.project.facts import Statement
    from pitstop.project.model import FunctionInfo, Module

_ELSEWHERE = {"alembic", "bench", "cli", "conftest", "docs", "env", "examples", "migrations", "scripts", "seed", "seeds"} | {
    "test", "testing", "tests", "tools",
}  # fmt: skip


def find(project: Project) -> list[Finding]:
    """One finding for each place that creates the tables at start-up while migrations describe them as well."""
    migration = _a_migration(project)
    if migration is None:
        return []
    return merge_places((*_at_import(project, migration), *_at_startup(project, migration)))


def _a_migration(project: Project) -> Location | None:
    """Where Alembic keeps the schema: a revision with its `upgrade`."""
    for module in project.index.by_path.values():
        if not module.says("down_revision") or not module.says("alembic"):
            continue
        for statement in module.source.facts.body:
            if isinstance(statement, FunctionDef) and statement.name == "upgrade":
                return module.location(statement, f"{module.name}.upgrade")
    return None


def _at_import(project: Project, migration: Location) -> Iterator[Finding]:
    """At module level of the service; what stands in an `if` there is a switch."""
    for module in project.index.by_path.values():
        if not module.says("create_all") or _is_elsewhere(module):
            continue
        for statement in module.source.facts.body:
            if isinstance(statement, (Assign, ExprStatement, With)):
                for node in _creations(statement):
                    yield _finding(module, module.name, node, "when the module is imported", (), migration)


def _at_startup(project: Project, migration: Location) -> Iterator[Finding]:
    for entry in project.routes.starting:
        seen = {entry.qualname}
        todo: deque[tuple[FunctionInfo, tuple[Step, ...]]] = deque([(entry, ())])
        while todo:
            function, path = todo.popleft()
            for site in function.sites:
                if _is_creation(site.node) and not site.conditional and not site.rescue:
                    way = tuple(step.location for step in (*path, Step(function, site)))
                    yield _finding(
                        function.module,
                        function.qualname,
                        site.node,
                        "when the service starts",
                        way,
                        migration,
                    )
            if len(path) >= 4:
                continue
            for edge in project.calls.edges(function):
                if edge.kind == "call" and not edge.site.conditional and edge.target.qualname not in seen:
                    seen.add(edge.target.qualname)
                    todo.append((edge.target, (*path, Step(function, edge.site))))


def _creations(statement: Statement) -> Iterator[Expr]:
    stack = list(expressions(statement))
    if isinstance(statement, With):
        stack.extend(e for inner in statement.body for e in expressions(inner))
    while stack:
        node = stack.pop()
        if _is_creation(node):
            yield node
        stack.extend(children(node))


def _is_creation(node: Expr) -> bool:
    """`Base.metadata.create_all`, called here or handed to `run_sync`."""
    return (
        isinstance(node, Attr)
        and node.attr == "create_all"
        and dotted(node.value).rpartition(".")[2].lower().endswith("metadata")
    )


def _is_elsewhere(module: Module) -> bool:
    return bool(set(re.split(r"[/.]", module.path)) & _ELSEWHERE)


def _finding(
    module: Module, owner: str, node: Expr, when: str, way: tuple[Location, ...], migration: Location
) -> Finding:
    return make(
        problem="schema-created-at-startup",
        domain="server",
        severity="medium",
        confidence="likely",
        message=f"tables are created {when} by `create_all`, beside the migrations of Alembic",
        module=module,
        owner=owner,
        node=node,
        code="create_all",
        call_path=way,
        evidence=(
            SourceEvidence(
                text="whichever runs first makes the tables: a new table that `create_all` made has no revision, and its migration fails",
                locations=(module.location(node, owner), migration),
            ),
        ),
        fix_class="decide",
    )
