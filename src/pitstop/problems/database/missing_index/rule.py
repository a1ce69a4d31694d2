"""Columns that requests filter, join or follow a foreign key by, and that no index starts with."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator
from typing import TYPE_CHECKING

from pitstop.data import Finding, Impact, SourceEvidence
from pitstop.problems.database.missing_index.columns import (
    has_few_values,
    is_elsewhere,
    is_large,
    is_small,
    is_state,
    is_tenant,
    refers_to_kinds,
)
from pitstop.problems.database.missing_index.deletions import by_deletion
from pitstop.problems.database.missing_index.sorting import by_moment
from pitstop.problems.database.missing_index.statements import (
    doubts_of,
    indexed_by_statement,
    migrations_of,
)
from pitstop.problems.database.missing_index.use import Use
from pitstop.problems.findings import make, merge_places, route_names
from pitstop.project.facts import Attr, Call, Expr, Name
from pitstop.project.queries import Filter

if TYPE_CHECKING:
    from pitstop.project import Project
    from pitstop.project.model import FunctionInfo
    from pitstop.project.orm import Column, Relationship

IMPACT = Impact(
    text="a look-up instead of a scan of the table",
    expected=(6.0, 50.0),
    source="foreign key without index, 1e5 and 1e6 rows, PostgreSQL: pitstop's own measurement",
)


def find(project: Project) -> list[Finding]:
    """One finding for each column that lacks an index and that requests look rows up by."""
    found = uses(project)
    known = {(use.model.name, use.column.attribute) for use in found}
    # What the detector may meet in a trace are the uses by requests; these are beside them.
    found += [use for use in by_deletion(project) if (use.model.name, use.column.attribute) not in known]
    made = indexed_by_statement(project) if found else set()
    told = [
        use
        for use in found
        if _matters(project, use)
        and not is_elsewhere(use.column.owner.module)
        and (use.model.table.rpartition(".")[2].lower(), use.column.name.lower()) not in made
    ]
    moments = by_moment(project, {(use.model.name, use.column.attribute) for use in told})
    made_by, keys = doubts_of(project) if told else ("", "")
    migrations = migrations_of(project) if told else []
    return merge_places(
        [
            *(_finding(use, _elsewhere(use, migrations) or _in_part(use) or made_by, keys) for use in told),
            *moments,
        ]
    )


def _elsewhere(use: Use, migrations: list[str]) -> str:
    """A table that no migration names, where they make others, is another application's."""
    table = use.model.table.rpartition(".")[2]
    if not migrations or any(table in text for text in migrations):
        return ""
    return "no migration makes this table: whoever does may make indexes too"


def _in_part(use: Use) -> str:
    """An index over some of the rows may be what these statements need."""
    starts = {columns[0] for columns in use.model.partial_indexes}
    return "an index over part of the rows starts with it" if use.column.name in starts else ""


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
        for used in _unserved(project, filters):
            use = found.setdefault((used.model.name, used.column.attribute), Use(used.model, used.column))
            use.is_within_tenant = (use.is_within_tenant or not use.filters) and _names_tenant(filters, used)
            use.is_beside = (use.is_beside or not use.filters) and _has_better_beside(project, filters, used)
            use.is_first = use.is_first or not _has_one_before(project, filters, used)
            use.is_found_from = use.is_found_from or _is_found_from(project, filters, used)
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


def _unserved(project: Project, filters: list[Filter]) -> Iterator[Filter]:
    """The conditions of one statement for which an index would do something that no other index does already."""
    looked_up = {f.model.name for f in filters if f.kind == "equal"}
    equal: dict[str, set[str]] = defaultdict(set)
    for used in filters:
        if used.kind in {"equal", "join"}:
            equal[used.model.name].add(used.column.name)
    narrowed = any(f.kind == "equal" and _is_narrow(project, f, equal[f.model.name]) for f in filters)
    keyed = {f.model.name for f in filters if f.kind == "equal" and f.column.references}
    start = _found_first(project, filters)
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


def _found_first(project: Project, filters: list[Filter]) -> set[str]:
    """The models that a statement may find rows of before those they are joined to: some condition narrows them."""
    found = {
        f.model.name
        for f in filters
        if f.kind == "equal" and not has_few_values(project, f.column) and not is_tenant(f.column)
    }
    joins = {(f.model.name, f.joined) for f in filters if f.kind == "join" and f.joined}
    while True:
        more = {before for before, joined in joins if joined in found} - found
        if not more:
            return found
        found |= more


def _is_found_from(project: Project, filters: list[Filter], used: Filter) -> bool:
    """Whether a statement comes to these rows from those of another table, and not the other way round."""
    narrowed = {f.model.name for f in filters if f.kind == "equal"}
    return (
        used.kind == "join"
        and used.joined in _found_first(project, filters)
        and used.model.name not in narrowed
    )


def _is_narrow(project: Project, used: Filter, equal: set[str]) -> bool:
    if has_few_values(project, used.column) or is_tenant(used.column):
        # All the rows of a tenant may be most of the table.
        return False
    return used.model.serves(used.column.name, equal)


def _names_tenant(filters: list[Filter], used: Filter) -> bool:
    """Whether a statement is kept to one tenant's rows through an index, on the table of the condition."""
    return any(
        f.kind == "equal"
        and f.model is used.model
        and f.column is not used.column
        and is_tenant(f.column)
        and f.model.leads_index(f.column.name)
        for f in filters
    )


def _has_better_beside(project: Project, filters: list[Filter], used: Filter) -> bool:
    """Whether the statement compares another column of the table: one of many values, or a foreign key before this one."""
    return any(
        f.kind == "equal"
        and f.model is used.model
        and f.column is not used.column
        and not is_tenant(f.column)
        and (f.node.at < used.node.at if f.column.references else not has_few_values(project, f.column))
        and not is_state(f.column)
        for f in filters
    )


def _has_one_before(project: Project, filters: list[Filter], used: Filter) -> bool:
    """Whether the statement compares, before this column, another of the table that is as good a start of an index."""
    return used.kind == "equal" and any(
        f.kind == "equal"
        and f.model is used.model
        and f.column is not used.column
        and f.node.at < used.node.at
        and bool(f.column.references) >= bool(used.column.references)
        and not (is_tenant(f.column) or is_state(f.column) or has_few_values(project, f.column))
        and _is_optional(f) <= _is_optional(used)
        for f in filters
    )


def _is_optional(used: Filter) -> bool:
    """Whether a statement has the condition only where some branch adds it."""
    return any(site.node is used.node and site.conditional for site in used.function.sites)


def _followed(project: Project) -> Iterator[Use]:
    """Foreign keys by which a one-to-many relationship is loaded on the way of a request."""
    by_table = project.models.by_table
    for function in project.functions:
        if project.calls.reach(function) is None:
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
            reach = project.calls.reach(function, site)
            if reach is None or _is_made_here(project, function, node.value):
                # A row that is not in the database yet has nothing to load.
                continue
            child = project.models.all[relation.target]
            parent = project.models.all[relation.model]
            for column in child.columns.values():
                table = column.references.rpartition(".")[0]
                if (
                    by_table.get(table) is parent
                    and not child.leads_index(column.name)
                    and _loads_by(relation, column)
                ):
                    yield Use(child, column, [], list(route_names(reach)), [function.at(node)])


def _loads_by(relation: Relationship, column: Column) -> bool:
    """Whether a relationship may go by a foreign key: where there are several, it says by which."""
    call = relation.node.value
    said = [
        relation.owner.module.text(keyword.value)
        for keyword in (call.keywords if isinstance(call, Call) else ())
        if keyword.name in {"foreign_keys", "primaryjoin"}
    ]
    return not said or any(re.search(rf"\b{re.escape(column.attribute)}\b", text) for text in said)


def _is_made_here(project: Project, function: FunctionInfo, expr: Expr) -> bool:
    bindings = function.bindings.get(expr.id, []) if isinstance(expr, Name) else []
    return bool(bindings) and all(
        b.how == "value"
        and not b.index
        and isinstance(b.value, Call)
        and project.types.type_of(b.value.func, function).kind == "class"
        for b in bindings
    )


def _matters(project: Project, use: Use) -> bool:
    """Foreign keys always do; another column when requests look rows up by its value and it has many values.

    Of several that are always compared together only the first: one index serves the statement.
    """
    if not (use.is_first or use.by_relationship or use.by_deletion):
        return False
    if use.column.references:
        return not is_small(use.model)
    if (
        has_few_values(project, use.column)
        or is_large(use.column)
        or is_small(use.model)
        or (is_state(use.column) and not use.is_sorted)
    ):
        return False
    return any(f.kind == "equal" for f in use.filters) or (
        use.is_sorted_by and any(f.kind == "range" for f in use.filters)
    )


def _finding(use: Use, made: str, keys: str) -> Finding:
    """`made` says why the tables may have indexes that the models don't show, `keys` why foreign keys may have some."""
    column, model = use.column, use.model
    places = [f.function.at(f.node) for f in use.filters] + use.by_relationship + use.by_deletion
    what = "foreign key" if column.references else "column"
    # How many rows share a tenant nobody can read from the code.
    sure = (
        bool(column.references)
        and not is_tenant(column)
        and not refers_to_kinds(column)
        and not use.by_deletion
        and not use.is_within_tenant
        and not (use.is_beside and not use.by_relationship)
        # In which order a database joins tables is its own decision.
        and (any(f.kind == "equal" for f in use.filters) or use.is_found_from or bool(use.by_relationship))
    )
    doubt = made or (keys if column.references else "")
    sure = sure and not doubt
    how = f"is looked up by {_count(use.routes)}"
    identity = None
    if use.by_deletion and not use.filters:
        # One deletion follows all columns that refer to the table: one finding, with its places.
        parent = column.references.rpartition(".")[0]
        identity = (parent, "deleted")
        verb = "deletes" if len(set(use.routes)) == 1 else "delete"
        along = (
            f"`{parent}`" if not use.deleted_with else f"`{parent}` along with one of `{use.deleted_with}`"
        )
        how = f"is searched for each row that {_count(use.routes)} {verb} from {along},"
    return make(
        problem="missing-index",
        domain="database",
        severity="high" if sure and _is_often_asked(use.routes) else "low" if identity else "medium",
        confidence="likely" if sure else "possible",
        message=f"{what} `{model.table}.{column.name}` {how} and has no index",
        module=column.owner.module,
        owner=use.symbol,
        node=column.node,
        code="",
        identity=identity,
        routes=use.routes,
        call_path=places[:1],
        evidence=(
            SourceEvidence(
                text=f"rows of `{model.table}` are selected by `{column.name}`; no index, key or unique constraint starts with it"
                + (f"; but {doubt}" if doubt else ""),
                locations=tuple(dict.fromkeys(places)),
            ),
        ),
        impact=IMPACT,
        fix_class="proved",
    )


def _is_often_asked(routes: list[str]) -> bool:
    """Whether a route asks that only reads, or more than one that does more than delete: those are asked less often."""
    lasting = {route for route in routes if not route.startswith("DELETE ")}
    return len(lasting) > 1 or any(route.startswith("GET ") for route in routes)


def _count(routes: list[str]) -> str:
    number = len(dict.fromkeys(routes))
    return f"`{routes[0]}`" if number == 1 else f"{number} routes"
