"""Columns that requests filter, join or follow a foreign key by, and that no index starts with."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from pitstop.data import Finding, Impact, Location, SourceEvidence
from pitstop.problems.findings import make, merge_places, route_names
from pitstop.project.facts import Attr, Call, Expr, Name
from pitstop.project.orm import Column, Model
from pitstop.project.queries import Filter

if TYPE_CHECKING:
    from pitstop.project import Project
    from pitstop.project.model import FunctionInfo, Module

IMPACT = Impact(
    text="a look-up instead of a scan of the table",
    expected=(6.0, 50.0),
    source="foreign key without index, 1e5 and 1e6 rows, PostgreSQL: pitstop's own measurement",
)
_FEW_VALUES = ("bool", "enum", "literal")
_STATES = {"active", "archived", "current", "deleted", "enabled", "kind", "lang", "language", "level", "mode", "priority"} | {
    "private", "public", "role", "scope", "severity", "state", "status", "target", "type", "visibility",
}  # fmt: skip
"""Last words of the names of columns that hold one of a few values, whatever their type."""
_ELSEWHERE = {"alembic", "bench", "conftest", "docs", "examples", "fixtures", "migrations", "revisions", "scripts", "seeds", "test"} | {
    "tests", "tools",
}  # fmt: skip
"""Parts of paths whose code is no part of the running service."""
_TENANTS = {"company", "companie", "organization", "organisation", "tenant", "workspace"}
_SMALL = {"config", "country", "countrie", "currency", "currencie", "language", "licence", "license", "option", "permission"} | {
    "plan", "plugin", "preference", "project", "provider", "role", "setting", "statu", "status", "tenant", "theme", "type",
}  # fmt: skip


@dataclass
class Use:
    """How requests use a column that has no index."""

    model: Model
    column: Column
    filters: list[Filter] = field(default_factory=list)
    routes: list[str] = field(default_factory=list)
    by_relationship: list[Location] = field(default_factory=list)
    by_deletion: list[Location] = field(default_factory=list)
    """Where rows that the column refers to are deleted: the database then looks for what refers to them."""
    is_sorted: bool = False
    """Whether some statement that filters by the column also sorts: an index spares reading and sorting the rest."""
    is_sorted_by: bool = False
    """Whether it sorts by this very column."""
    is_within_tenant: bool = False
    """Whether each statement that filters by the column also names the tenant, by an index."""
    is_beside: bool = False
    """Whether each statement that filters by the column has another column of the table that an index may rather start with."""


def find(project: Project) -> list[Finding]:
    """One finding for each column that lacks an index and that requests look rows up by."""
    found = uses(project)
    known = {(use.model.name, use.column.attribute) for use in found}
    # What the detector may meet in a trace are the uses by requests; these are beside them.
    found += [use for use in _beside_requests(project) if (use.model.name, use.column.attribute) not in known]
    return merge_places(
        _finding(project, use)
        for use in found
        if _matters(use) and not _is_elsewhere(use.column.owner.module)
    )


def uses(project: Project) -> list[Use]:
    """All uses of columns without an index, on the way of a request."""
    found: dict[tuple[str, str], Use] = {}
    statements: dict[tuple[str, int], list[Filter]] = defaultdict(list)
    reached: dict[tuple[str, int], tuple[str, ...]] = {}
    for function in project.functions:
        reach = project.calls.reach(function)
        if reach is None:
            continue
        for used in project.queries.filters(function):
            statements[used.statement].append(used)
            reached[used.statement] = route_names(reach)
    for statement, filters in statements.items():
        for used in _unserved(filters):
            use = found.setdefault((used.model.name, used.column.attribute), Use(used.model, used.column))
            use.is_within_tenant = (use.is_within_tenant or not use.filters) and _names_tenant(filters, used)
            use.is_beside = (use.is_beside or not use.filters) and _has_better_beside(filters, used)
            use.filters.append(used)
            use.routes.extend(reached[statement])
            sorts = [f.column for f in filters if f.kind == "order"]
            use.is_sorted = use.is_sorted or bool(sorts)
            use.is_sorted_by = use.is_sorted_by or used.column in sorts
    for use in _followed(project):
        known = found.setdefault((use.model.name, use.column.attribute), use)
        if known is not use:
            known.routes.extend(use.routes)
            known.by_relationship.extend(use.by_relationship)
    return list(found.values())


def _unserved(filters: list[Filter]) -> Iterator[Filter]:
    """The conditions of one statement for which an index would do something that no other index does already."""
    looked_up = {f.model.name for f in filters if f.kind == "equal"}
    equal: dict[str, set[str]] = defaultdict(set)
    for used in filters:
        if used.kind in {"equal", "join"}:
            equal[used.model.name].add(used.column.name)
    narrowed = any(f.kind == "equal" and _is_narrow(f, equal[f.model.name]) for f in filters)
    keyed = {f.model.name for f in filters if f.kind == "equal" and f.column.references}
    start = _found_first(filters)
    for used in filters:
        if used.kind == "order" or used.model.serves(used.column.name, equal[used.model.name]):
            continue
        if narrowed and not (used.kind == "join" and used.column.references):
            # Some other column of the same statement already narrows the rows through an index.
            continue
        if used.kind == "join" and used.model.name == used.root and not looked_up - {used.root}:
            # The rows of this table are read anyway, and the others are found from them by primary key.
            continue
        if used.kind == "join" and used.joined not in {"", used.model.name, *start}:
            # These rows are there before the join, which finds the others by their own column.
            continue
        if not used.column.references and used.model.name in keyed:
            # The foreign key beside it is the one to index.
            continue
        yield used


def _found_first(filters: list[Filter]) -> set[str]:
    """The models that a statement may find rows of before those they are joined to: some condition narrows them."""
    found = {
        f.model.name
        for f in filters
        if f.kind == "equal" and not _has_few_values(f.column) and not _is_tenant(f.column)
    }
    joins = {(f.model.name, f.joined) for f in filters if f.kind == "join" and f.joined}
    while True:
        more = {before for before, joined in joins if joined in found} - found
        if not more:
            return found
        found |= more


def _is_narrow(used: Filter, equal: set[str]) -> bool:
    if _has_few_values(used.column) or _is_tenant(used.column):
        # All the rows of a tenant may be most of the table.
        return False
    return used.model.serves(used.column.name, equal)


def _names_tenant(filters: list[Filter], used: Filter) -> bool:
    """Whether a statement is kept to one tenant's rows through an index, on the table of the condition."""
    return any(
        f.kind == "equal"
        and f.model is used.model
        and f.column is not used.column
        and _is_tenant(f.column)
        and f.model.leads_index(f.column.name)
        for f in filters
    )


def _has_better_beside(filters: list[Filter], used: Filter) -> bool:
    """Whether the statement compares another column of the table: one of many values, or a foreign key before this one."""
    return any(
        f.kind == "equal"
        and f.model is used.model
        and f.column is not used.column
        and not _is_tenant(f.column)
        and (f.node.at < used.node.at if f.column.references else not _has_few_values(f.column))
        and not _is_state(f.column)
        for f in filters
    )


def _has_few_values(column: Column) -> bool:
    return any(word in column.type_name.lower() for word in _FEW_VALUES)


def _is_state(column: Column) -> bool:
    words = column.name.lower().split("_")
    return words[-1] in _STATES or words[0] in {"is", "has"}


def _is_tenant(column: Column) -> bool:
    table = column.references.rpartition(".")[0].rpartition(".")[2]
    return _last_word(table) in _TENANTS


def _is_small(model: Model) -> bool:
    """Whether a table is one of kinds, roles or settings, by its name: it fits on a page or two."""
    return _last_word(model.table) in _SMALL


def _last_word(table: str) -> str:
    return re.split(r"[^a-z]+", table.lower())[-1].removesuffix("s")


def _followed(project: Project) -> Iterator[Use]:
    """Foreign keys by which a one-to-many relationship is loaded on the way of a request."""
    by_table = project.models.by_table
    for function in project.functions:
        reach = project.calls.reach(function)
        if reach is None:
            continue
        for site in function.sites:
            node = site.node
            if not isinstance(node, Attr):
                continue
            owner = project.types.type_of(node.value, function)
            relation = (
                project.models.relationship(owner.name, node.attr)
                if owner.name in project.models.all
                else None
            )
            if relation is None or not relation.many or relation.target not in project.models.all:
                continue
            if _is_made_here(project, function, node.value):
                # A row that is not in the database yet has nothing to load.
                continue
            child = project.models.all[relation.target]
            parent = project.models.all[relation.model]
            for column in child.columns.values():
                table = column.references.rpartition(".")[0]
                if by_table.get(table) is parent and not child.leads_index(column.name):
                    yield Use(child, column, [], list(route_names(reach)), [function.at(node)])


def _is_made_here(project: Project, function: FunctionInfo, expr: Expr) -> bool:
    bindings = function.bindings.get(expr.id, []) if isinstance(expr, Name) else []
    return bool(bindings) and all(
        b.how == "value"
        and not b.index
        and isinstance(b.value, Call)
        and project.types.type_of(b.value.func, function).kind == "class"
        for b in bindings
    )


def _beside_requests(project: Project) -> Iterator[Use]:
    """Foreign keys that the database looks through when a request deletes what they refer to."""
    deleted: dict[str, list[tuple[Location, tuple[str, ...]]]] = defaultdict(list)
    for function in project.functions:
        reach = project.calls.reach(function)
        if reach is not None:
            for parent_name, location in _deletions(project, function):
                deleted[parent_name].append((location, route_names(reach)))
    if not deleted:
        return
    for model in project.models.all.values():
        for column in model.columns.values():
            parent = project.models.by_table.get(column.references.rpartition(".")[0])
            if parent is None or parent.name not in deleted or model.leads_index(column.name):
                continue
            use = Use(model, column)
            for location, routes in deleted[parent.name]:
                use.by_deletion.append(location)
                use.routes.extend(routes)
            yield use


def _is_elsewhere(module: Module) -> bool:
    """Whether a module is no part of the running service; migrations have models of their own, for the tables as they were."""
    return bool(set(re.split(r"[/.]", module.path)) & _ELSEWHERE)


def _deletions(project: Project, function: FunctionInfo) -> Iterator[tuple[str, Location]]:
    """The models whose rows a function deletes, by `session.delete(row)` or by a statement."""
    for site in function.calls:
        call = site.node
        assert isinstance(call, Call)
        name = getattr(call.func, "attr", "") or getattr(call.func, "id", "")
        if name != "delete":
            continue
        called = project.types.type_of(call.func, function).name
        owner = (
            project.types.type_of(call.func.value, function)
            if called.endswith("Query.delete") and isinstance(call.func, Attr)
            else None
        )
        if owner is not None:
            model = owner.args[0].name if owner.args else ""
        elif called == "sqlalchemy.delete" or called.startswith(
            ("sqlalchemy.orm.Session", "sqlalchemy.ext.asyncio")
        ):
            model = project.types.type_of(call.args[0], function).name if call.args else ""
        else:
            continue
        if model in project.models.all:
            yield model, function.at(call)


def _matters(use: Use) -> bool:
    """Foreign keys always do; another column when requests look rows up by its value and it has many values."""
    if use.column.references:
        return not _is_small(use.model)
    if _has_few_values(use.column) or _is_small(use.model) or (_is_state(use.column) and not use.is_sorted):
        return False
    return any(f.kind == "equal" for f in use.filters) or (
        use.is_sorted_by and any(f.kind == "range" for f in use.filters)
    )


def _finding(project: Project, use: Use) -> Finding:
    del project
    column, model = use.column, use.model
    places = [f.function.at(f.node) for f in use.filters] + use.by_relationship + use.by_deletion
    what = "foreign key" if column.references else "column"
    symbol = f"{model.name}.{column.attribute}"
    # How many rows share a tenant nobody can read from the code.
    sure = (
        bool(column.references)
        and not _is_tenant(column)
        and not use.by_deletion
        and not use.is_within_tenant
        and not (use.is_beside and not use.by_relationship)
    )
    how = f"is looked up by {_count(use.routes)}"
    identity = None
    if use.by_deletion and not use.filters:
        # One deletion follows all columns that refer to the table: one finding, with its places.
        parent = column.references.rpartition(".")[0]
        identity = (parent, "deleted")
        how = f"is searched for each row that {_count(use.routes)} deletes from `{column.references.rpartition('.')[0]}`,"
    return make(
        problem="missing-index",
        domain="database",
        severity="high" if sure else "low" if identity else "medium",
        confidence="likely" if sure else "possible",
        message=f"{what} `{model.table}.{column.name}` {how} and has no index",
        module=column.owner.module,
        owner=symbol,
        node=column.node,
        code="",
        identity=identity,
        routes=use.routes,
        call_path=places[:1],
        evidence=(
            SourceEvidence(
                text=f"rows of `{model.table}` are selected by `{column.name}`; no index, key or unique constraint starts with it",
                locations=tuple(dict.fromkeys(places)),
            ),
        ),
        impact=IMPACT,
        fix_class="proved",
    )


def _count(routes: list[str]) -> str:
    number = len(dict.fromkeys(routes))
    return f"`{routes[0]}`" if number == 1 else f"{number} routes"
