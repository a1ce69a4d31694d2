"""Indexes on which the models and the migrations disagree."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from pitstop.data import Finding, Impact, SourceEvidence
from pitstop.problems.database.index_only_in_migration.history import History, MigratedIndex, histories
from pitstop.problems.findings import make, merge_places
from pitstop.project.facts import Call, Const, Dict, Expr, Seq, Star, string
from pitstop.project.indexes import beside, column_name

if TYPE_CHECKING:
    from pitstop.project import Project
    from pitstop.project.facts import Node
    from pitstop.project.model import Module
    from pitstop.project.orm import Model

_MADE_NOT = Impact(text="statements that need the index find their rows by it")
_DROPPED = Impact(text="the next generated migration leaves the index alone")
_OWN_INDEX = {"Geography", "Geometry", "Raster", "TSVectorType"}
"""Column types that make their index themselves. Sources: the documentation of GeoAlchemy2 and SQLAlchemy-Searchable."""
_KINDS = {"Index", "PrimaryKeyConstraint", "UniqueConstraint"}


@dataclass(frozen=True, slots=True)
class Declared:
    """An index or key of a model. `columns` is None where it covers expressions."""

    name: str
    columns: tuple[str, ...] | None
    node: Node
    module: Module
    is_index: bool


Match = tuple[Finding, "Model", "Declared | MigratedIndex"]
"""What is told of an index that only one side knows."""


def find(project: Project) -> list[Finding]:
    """One finding for each model and side."""
    return merge_places(finding for finding, _, _ in matches(project))


def matches(project: Project) -> Iterator[Match]:
    """Each index that only the models or only the migrations know, with its model."""
    every = [history for history in histories(project) if not history.untold]
    if every:
        yield from _find(project, every)


def _find(project: Project, every: list[History]) -> Iterator[Match]:
    by_class = _beside(project)
    tables: dict[str, list[Model]] = {}
    for model in project.models.all.values():
        tables.setdefault(model.table, []).append(model)
    for table, models in sorted(tables.items()):
        owners = [history for history in every if table in history.tables]
        if len(owners) != 1 or len(models) != 1:
            continue
        history, model = owners[0], models[0]
        declared = _declared(project, model)
        if declared is None:
            continue
        declared += by_class.get(model.name, [])
        migrated = [index for index in history.indexes.values() if index.table == table]
        if not history.makes_more:
            yield from _not_migrated(model, declared, migrated, history)
        if not history.drops_more:
            yield from _not_declared(project, model, declared, migrated, history)


def _not_migrated(
    model: Model, declared: list[Declared], migrated: list[MigratedIndex], history: History
) -> Iterator[Match]:
    for index in declared:
        if not index.is_index or not index.columns or not set(index.columns) <= history.tables[model.table]:
            continue
        # A longer index that starts with the columns, or a key, finds the same rows.
        if any(m.columns is not None and m.columns[: len(index.columns)] == index.columns for m in migrated):
            continue
        if _is_named(index.name or f"ix_{model.table}_{index.columns[0]}", history):
            continue
        shown = ", ".join(index.columns)
        finding = make(
            problem="index-only-in-migration",
            domain="database",
            severity="medium",
            # What makes the tables, and what compares them, may be told more than the source shows.
            confidence="possible",
            message=f"the index of `{model.table}` over ({shown}) is declared on the model, but no migration makes it: the "
            "database does not have it",
            module=index.module,
            owner=model.name,
            node=index.node,
            identity=(model.name, "only on the model"),
            evidence=(
                SourceEvidence(
                    text=f"`{history.folder}` creates the table and the column, and no index that starts with ({shown})",
                    locations=(index.module.location(index.node, model.name),),
                ),
            ),
            impact=_MADE_NOT,
            fix_class="proved",
        )
        yield finding, model, index


def _not_declared(
    project: Project, model: Model, declared: list[Declared], migrated: list[MigratedIndex], history: History
) -> Iterator[Match]:
    by_column = {column.name: column for column in model.columns.values()}
    names = {index.name for index in declared if index.name}
    covered = {index.columns for index in declared}
    for index in migrated:
        if not index.is_index or index.doubtful or index.columns is None or index.columns in covered:
            continue
        if index.name in names or not set(index.columns) <= set(by_column):
            continue
        # A longer index or key of the model that starts with the columns finds the same rows without it.
        if any((each or ())[: len(index.columns)] == index.columns for each in covered) and not _is_unique(
            project, index
        ):
            continue
        if _is_named_outside(project, index.name, history):
            continue
        if any(by_column[name].type_name in _OWN_INDEX for name in index.columns):
            continue
        column = by_column[index.columns[0]]
        shown = ", ".join(index.columns)
        finding = make(
            problem="index-only-in-migration",
            domain="database",
            severity="low",
            # What makes the tables, and what compares them, may be told more than the source shows.
            confidence="possible",
            message=f"the index of `{model.table}` over ({shown}) is made by a migration, but the model lacks it: the next "
            "`alembic revision --autogenerate` drops it, and databases made from the models do without",
            module=column.owner.module,
            owner=model.name,
            node=column.node,
            identity=(model.name, "only in migrations"),
            evidence=(
                SourceEvidence(
                    text=f"`{index.name or shown}` is made here, and no later migration drops it",
                    locations=(index.place,),
                ),
            ),
            impact=_DROPPED,
            fix_class="proved",
        )
        yield finding, model, index


def _is_unique(project: Project, index: MigratedIndex) -> bool:
    """Whether the migration says that the index allows each value once, which no longer one does."""
    lines = project.index.by_path[index.place.path].source.text.splitlines()
    return "unique" in " ".join(lines[index.place.line - 1 : index.place.end_line]).lower()


def _is_named(name: str, history: History) -> bool:
    """Whether the migrations mention an index by its name without being understood."""
    name = name.lower()
    return any(name in text for text in history.strings)


def _is_named_outside(project: Project, name: str, history: History) -> bool:
    """Whether an index stands by its name in a file that is no migration."""
    return any(
        module.says(name)
        for path, module in project.index.by_path.items()
        if not path.startswith(f"{history.folder}/")
    )


# --- what the models declare -------------------------------------------------------------------------------------------


def _declared(project: Project, model: Model) -> list[Declared] | None:
    """The indexes and keys that a model declares; None where its table arguments are put together out of sight."""
    found: list[Declared] = []
    for column in model.columns.values():
        made = column.index or column.unique or column.primary_key
        if made:
            plain = column.index and not column.primary_key
            found.append(Declared("", (column.name,), column.node, column.owner.module, is_index=plain))
        elif _mentions_flag(column.node.value):
            return None
    primary = tuple(c.name for c in model.columns.values() if c.primary_key)
    if len(primary) > 1:
        found.append(Declared("", primary, model.info.node, model.info.module, is_index=False))
    for cls in project.types.mro(model.name):
        values = [cls.attributes["__table_args__"].value] if "__table_args__" in cls.attributes else []
        if "__table_args__" in cls.methods:
            values.extend(cls.methods["__table_args__"].returns)
        for value in values:
            inner = _in_arguments(project, model, value, cls.module)
            if inner is None:
                return None
            found.extend(inner)
    return found


def _mentions_flag(value: Expr | None) -> bool:
    """`index=` or `unique=` with something that is no constant: it may be true."""
    stack = [value]
    while stack:
        node = stack.pop()
        if isinstance(node, Call):
            for keyword in node.keywords:
                if keyword.name is None:
                    return True
                if keyword.name in {"index", "unique", "sa_column_kwargs"} and not isinstance(
                    keyword.value, Const
                ):
                    return True
            stack.extend((*node.args, *(k.value for k in node.keywords)))
    return False


def _in_arguments(
    project: Project, model: Model, value: Expr | None, module: Module
) -> list[Declared] | None:
    if isinstance(value, (Dict, Const)) or value is None:
        return []
    if not isinstance(value, Seq):
        return None
    names = {column.attribute: column.name for column in model.columns.values()}
    found: list[Declared] = []
    for item in value.items:
        if isinstance(item, Dict):
            continue
        if isinstance(item, Star) or not isinstance(item, Call):
            return None
        kind = project.types.type_of(item.func, module).name.rpartition(".")[2]
        if kind not in _KINDS:
            continue
        given = item.args[1:] if kind == "Index" else item.args
        columns = tuple(names.get(c, c) for c in (column_name(argument) for argument in given))
        name = string(item.args[0]) if kind == "Index" and item.args else string(item.keyword("name"))
        special = any(k.name and k.name.endswith(("_where", "_using", "_ops")) for k in item.keywords)
        plain = kind == "Index" and not special
        found.append(
            Declared(name, columns if columns and all(columns) else None, item, module, is_index=plain)
        )
    return found


def _beside(project: Project) -> dict[str, list[Declared]]:
    """`Index(...)` that stands beside its model, by the model's class."""
    found: dict[str, list[Declared]] = {}
    for module in project.index.by_path.values():
        if not module.says("Index("):
            continue
        for statement in module.source.facts.body:
            call = getattr(statement, "value", None)
            if isinstance(call, Call):
                for name, columns in beside(project.types, call, module):
                    found.setdefault(name, []).append(
                        Declared(string(call.args[0]), columns, call, module, is_index=True)
                    )
    return found
