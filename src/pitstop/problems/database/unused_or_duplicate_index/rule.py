"""Indexes of one column that a longer index, key or unique constraint starts with."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from pitstop.data import Finding, Impact, SourceEvidence
from pitstop.problems.findings import make, merge_places
from pitstop.project.facts import Call, Expr, Keyword, Seq, children, string
from pitstop.project.indexes import of_migrations

if TYPE_CHECKING:
    from pitstop.project import Project
    from pitstop.project.facts import Node
    from pitstop.project.orm import Model

_IMPACT = Impact(text="one index less to write on every insert, and to keep in memory")
_OF_MIGRATIONS = re.compile(r"(?:^|/)(?:alembic|migrations?|versions)/")
_KEYS = {"Index", "PrimaryKeyConstraint", "UniqueConstraint"}


def find(project: Project) -> list[Finding]:
    """One finding for each column whose own index finds nothing that another index does not."""
    return merge_places(_find(project))


def _find(project: Project) -> Iterator[Finding]:
    # DuckDB finds nothing by the first columns of an index over several.
    is_duckdb = any(module.says("duckdb") for module in project.index.by_path.values())
    migrated = set(of_migrations(project.index.by_path.values()))
    tables = {table for table, _ in migrated}
    for model in project.models.all.values():
        if _OF_MIGRATIONS.search(model.info.module.path):
            # A copy of what the models were.
            continue
        longer = list(_longer(project, model))
        written: bool | None = None
        for column in model.columns.values():
            if not column.index or column.unique or column.primary_key:
                continue
            if model.table in tables and (model.table, (column.name,)) not in migrated:
                # The migrations make the tables, and never made this index.
                continue
            covering = next((place for columns, place in longer if columns[0] == column.name), None)
            if covering is None:
                continue
            columns = next(c for c, place in longer if place is covering)
            if written is None:
                written = _is_written(project, model)
            doubt = (
                "not on DuckDB, which the code speaks of"
                if is_duckdb
                else ""
                if written
                else "nothing here is seen to write its rows"
            )
            yield make(
                problem="unused-or-duplicate-index",
                domain="database",
                severity="low",
                confidence="possible" if doubt else "likely",
                message=f"the index of `{model.table}.{column.name}` repeats the start of the one over ({', '.join(columns)})",
                module=column.owner.module,
                owner=f"{model.name}.{column.attribute}",
                node=column.node,
                code="",
                evidence=(
                    SourceEvidence(
                        text=f"what finds rows by ({', '.join(columns)}) finds them by `{column.name}` alone as well"
                        + (f"; but {doubt}" if doubt else ""),
                        locations=(model.info.module.location(covering, model.name),),
                    ),
                ),
                impact=_IMPACT,
                fix_class="decide",
            )


def _is_written(project: Project, model: Model) -> bool:
    """Whether some code makes rows of a model, or hands the class to what may: `Order(...)`, `insert(Order)`, `Crud[Order]`."""
    name = re.escape(model.info.name)
    making = re.compile(
        rf"(?<!class )\b{name}\(|(?:insert|upsert|merge|create)\w*\(\s*(?:\w+\.)*{name}\b|\[(?:\w+\.)*{name}\b|=\s*(?:\w+\.)*{name}\s*$|\b{name}\.\w*(?:create|insert|bulk|__table__)",
        re.MULTILINE,
    )
    return any(
        module.says(model.info.name) and making.search(module.source.text)
        for module in project.index.by_path.values()
    )


def _longer(project: Project, model: Model) -> Iterator[tuple[tuple[str, ...], Node]]:
    """Indexes, unique constraints and keys over several columns of this very class, of the ordinary kind (B-tree, whole table)."""
    arguments = model.info.attributes.get("__table_args__")
    names = {column.attribute: column.name for column in model.columns.values()}
    stack: list[Expr] = [arguments.value] if arguments is not None and arguments.value is not None else []
    while stack:
        node = stack.pop()
        if isinstance(node, Seq):
            stack.extend(node.items)
            continue
        if not isinstance(node, Call):
            continue
        kind = project.types.type_of(node.func, model.info.module).name.rpartition(".")[2]
        if kind not in _KEYS or any(_is_special(keyword) for keyword in node.keywords):
            continue
        given = node.args[1:] if kind == "Index" else node.args
        columns = tuple(_column(names, argument) for argument in given)
        if len(columns) > 1 and all(columns):
            yield columns, node
    primary = [column for column in model.columns.values() if column.primary_key]
    if len(primary) > 1:
        yield tuple(column.name for column in primary), primary[0].node


def _is_special(keyword: Keyword) -> bool:
    """A part of the rows only, or another kind of index: neither finds rows by the first column alone."""
    name = keyword.name or ""
    if name.endswith("_using"):
        return string(keyword.value) != "btree"
    return name.endswith(("_where", "_length", "_ops")) or not name


def _column(names: dict[str, str], expr: Expr) -> str:
    """The column that an argument names; empty for expressions, and where an order or an operator is asked for."""
    if children(expr):
        return ""
    said = string(expr) or getattr(expr, "id", "")
    return names.get(said, said)
