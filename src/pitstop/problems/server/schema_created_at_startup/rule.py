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
    from pitstop.project.inference import Scope
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


def _targets(project: Project) -> list[str]:
    """The classes whose metadata Alembic compares with the database; empty unless all are seen."""
    found = [
        _owner(project, binding.value, module)
        for module in project.index.by_path.values()
        if module.says("alembic") and module.says("target_metadata")
        for binding in module.bindings.get("target_metadata", ())
    ]
    return found if all(found) else []


def _owner(project: Project, metadata: Expr | None, scope: Scope) -> str:
    """The class that `Base.metadata` is asked of."""
    if not isinstance(metadata, Attr):
        return ""
    owner = project.types.type_of(metadata.value, scope)
    return owner.name if owner.kind == "class" and owner.name in project.index.classes else ""


def _is_migrated(project: Project, node: Expr, scope: Scope, targets: list[str]) -> bool:
    """Whether Alembic may keep the tables that a `create_all` makes: not where it keeps those of other classes only."""
    own = _owner(project, node.value, scope) if isinstance(node, Attr) else ""
    if not own or not targets:
        return True

    def family(name: str) -> set[str]:
        return {cls.qualname for cls in project.types.mro(name)}

    return any(family(own) & family(target) for target in targets)


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
    targets = _targets(project)
    for module in project.index.by_path.values():
        if not module.says("create_all") or _is_elsewhere(module):
            continue
        for statement in module.source.facts.body:
            if isinstance(statement, (Assign, ExprStatement, With)):
                for node in _creations(statement):
                    if not _is_migrated(project, node, module, targets):
                        continue
                    yield _finding(module, module.name, node, "when the module is imported", (), migration)


def _at_startup(project: Project, migration: Location) -> Iterator[Finding]:
    targets = _targets(project)
    for entry in project.routes.starting:
        seen = {entry.qualname}
        todo: deque[tuple[FunctionInfo, tuple[Step, ...]]] = deque([(entry, ())])
        while todo:
            function, path = todo.popleft()
            for site in function.sites:
                if (
                    _is_creation(site.node)
                    and not site.conditional
                    and not site.rescue
                    and _is_migrated(project, site.node, function, targets)
                ):
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
