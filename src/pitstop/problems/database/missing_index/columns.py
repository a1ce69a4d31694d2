"""What columns and tables hold, as far as their names and types tell."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from pitstop.problems.kinds import of_column
from pitstop.project.model import Module
from pitstop.project.orm import Column, Model

if TYPE_CHECKING:
    from pitstop.project import Project

_FEW_VALUES = ("bool", "enum", "literal")
_DECLARED_FEW = re.compile(
    r"\b(?:\w+\.)?(?:(?:\w*Enum|Boolean)\(|(?:CHAR|String|Unicode|VARCHAR)\(\s*(?:length\s*=\s*)?1\s*[,)])"
)
_DECLARED_LARGE = re.compile(r"\b(?:BLOB|BYTEA|JSONB?|\w*LargeBinary|LONGBLOB)\b")
_STATES = {"active", "archived", "current", "deleted", "enabled", "flag", "kind", "lang", "language", "level", "mode", "priority"} | {
    "private", "public", "role", "scope", "severity", "state", "status", "target", "type", "visibility",
}  # fmt: skip
"""Last words of the names of columns that hold one of a few values, whatever their type."""
_ELSEWHERE = {"alembic", "bench", "conftest", "docs", "examples", "fixtures", "migrations", "revisions", "scripts", "seeds", "test"} | {
    "tests", "tools",
}  # fmt: skip
"""Parts of paths whose code is no part of the running service."""
_TENANTS = {"company", "companie", "organization", "organisation", "tenant", "workspace"}
_SMALL = {"config", "country", "countrie", "currency", "currencie", "kind", "language", "level", "licence", "license", "option", "permission"} | {
    "plan", "plugin", "preference", "project", "provider", "role", "setting", "state", "statu", "status", "tenant", "theme", "type",
}  # fmt: skip


def has_few_values(project: Project, column: Column) -> bool:
    """Whether a column is a flag, an enumeration or the like, by its annotation or by what it is declared with."""
    declared = _DECLARED_FEW.search(column.owner.module.text(column.node))
    if declared is not None or any(word in column.type_name.lower() for word in _FEW_VALUES):
        return True
    return of_column(project, column).name.startswith("enum:")


def is_large(column: Column) -> bool:
    """Whether a column holds what no ordinary index is made over: bytes of any length, or a document."""
    return _DECLARED_LARGE.search(column.owner.module.text(column.node)) is not None


def is_state(column: Column) -> bool:
    words = column.name.lower().split("_")
    return words[-1] in _STATES or words[0] in {"is", "has"}


def is_tenant(column: Column) -> bool:
    table = column.references.rpartition(".")[0].rpartition(".")[2]
    return _last_word(table) in _TENANTS


def refers_to_kinds(column: Column) -> bool:
    """Whether a foreign key leads to one of a few kinds, states or settings: each is shared by many rows."""
    return bool(column.references) and _last_word(column.references.rpartition(".")[0]) in _SMALL


def is_tenants(model: Model) -> bool:
    """Whether a table holds the tenants themselves."""
    return _last_word(model.table) in _TENANTS


def is_small(model: Model) -> bool:
    """Whether a table is one of kinds, roles or settings, by its name: it fits on a page or two."""
    return _last_word(model.table) in _SMALL


def _last_word(table: str) -> str:
    return re.split(r"[^a-z]+", table.lower())[-1].removesuffix("s")


def is_elsewhere(module: Module) -> bool:
    """Whether a module is no part of the running service; migrations have models of their own, for the tables as they were."""
    return bool(set(re.split(r"[/.]", module.path)) & _ELSEWHERE)


_TIMES = re.compile(r"date|time", re.IGNORECASE)
_UNTIL = re.compile(r"expir|until|valid", re.IGNORECASE)
_TENANT_NAMES = {"company", "org", "organization", "organisation", "tenant", "workspace"}


def is_time(column: Column) -> bool:
    """Whether a column holds the moment when something happened, by its type and name: not until when it is good."""
    return _TIMES.search(column.type_name) is not None and _UNTIL.search(column.name) is None


def is_coarse(project: Project, column: Column) -> bool:
    """Whether most of a table may share one value of the column: a state, or the tenant."""
    named = column.name.lower().removesuffix("_id") in _TENANT_NAMES
    return has_few_values(project, column) or is_state(column) or is_tenant(column) or named
