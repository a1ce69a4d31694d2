"""What the app's own modules hold of SQLAlchemy: metadata, mapped classes, enums, engines."""

from __future__ import annotations

import enum
import gc
import importlib
import os
import re
import sys
import sysconfig
from collections.abc import Iterator
from types import ModuleType
from typing import Any

from . import words

_INFRASTRUCTURE = frozenset({"sqlalchemy", "alembic", "apscheduler", "celery"})
"""Libraries whose tables hold their own state: rows made up there would be jobs, results and versions that never were."""


class UnusableError(Exception):
    """The app or the database cannot be populated; the message says why in a sentence."""


class Catalog:
    """The tables that the app declares, and what its mapped classes say of them."""

    def __init__(self, package: str) -> None:
        """`package` is the first name of the app's module: code under it is the app's wherever it lies.

        Raises UnusableError where the app has no tables.
        """
        if "sqlalchemy" not in sys.modules:
            raise UnusableError(
                "the app does not use SQLAlchemy: there is no metadata that would tell what its tables hold"
            )
        self.library: ModuleType = sys.modules["sqlalchemy"]
        self._package = package
        self.metadata, self._foreign = self._held()
        if not self.metadata:
            raise UnusableError(
                "none of the app's modules holds a table of SQLAlchemy's (a `MetaData` with tables)"
            )
        self.annotations: dict[tuple[str, str], str] = {}
        """What a mapped class says of a column, by the table's full name and the column's."""
        self.limits: dict[tuple[str, str], str] = {}
        """What Pydantic holds a column's values to, where the mapped class is a model of its too."""
        self.discriminators: dict[tuple[str, str], list[tuple[Any, str]]] = {}
        """The identities that tell classes of one hierarchy apart, by table and column, each with the class's own table."""
        self.classes: dict[str, list[str]] = {}
        """The names of the classes mapped to a table."""
        for mapper in _instances(_found("sqlalchemy.orm", "Mapper")):
            try:
                self._read_mapper(mapper)
            except Exception:  # noqa: S112  # a mapping that does not configure says nothing; its tables are there
                continue
        self._enums = {kind.__name__.lower(): kind for kind in self._own_enums()}

    def tables(self, exists: Any) -> list[Any]:
        """The app's tables, and those that a library declares if `exists(table)` says that the database has them all."""
        kept = list(self.metadata)
        kept += [each for each in self._foreign if all(exists(table) for table in each.tables.values())]
        found: dict[str, Any] = {}
        for metadata in kept:
            for name, table in metadata.tables.items():
                found.setdefault(name, table)
        return list(found.values())

    def _held(self) -> tuple[list[Any], list[Any]]:
        """Metadata with tables that modules of the app hold, and those that only other modules do."""
        kind = self.library.MetaData
        owners: dict[int, bool] = {}
        seen: dict[int, Any] = {}
        for module in list(sys.modules.values()):
            own = self._is_own(module)
            if getattr(module, "__name__", "").partition(".")[0] in _INFRASTRUCTURE:
                continue
            for value in list(vars(module).values()) if isinstance(module, ModuleType) else ():
                metadata = value if issubclass(type(value), kind) else _metadata_of(value)
                if isinstance(metadata, kind) and metadata.tables:
                    seen[id(metadata)] = metadata
                    owners[id(metadata)] = owners.get(id(metadata), False) or own
        ordered = sorted(seen.values(), key=lambda each: sorted(each.tables))
        return (
            [each for each in ordered if owners[id(each)]],
            [each for each in ordered if not owners[id(each)]],
        )

    def _is_own(self, module: Any) -> bool:
        name = getattr(module, "__name__", "")
        file = getattr(module, "__file__", None)
        if not isinstance(name, str) or not isinstance(file, str):
            return False
        if name.partition(".")[0] in (self._package, "__main__") and not name.startswith("pitstop_probe"):
            return True
        parts = os.path.realpath(file).split(os.sep)
        if "site-packages" in parts or "dist-packages" in parts or "pitstop_probe" in parts:
            return False
        return not os.path.realpath(file).startswith(
            os.path.join(os.path.realpath(sysconfig.get_paths()["stdlib"]), "")
        )

    def _read_mapper(self, mapper: Any) -> None:
        table = mapper.local_table
        name = getattr(table, "fullname", "")
        self.classes.setdefault(name, []).append(mapper.class_.__name__)
        said: dict[str, Any] = {}
        for owner in reversed(mapper.class_.__mro__):
            said.update(owner.__dict__.get("__annotations__") or {})
        fields = getattr(mapper.class_, "model_fields", None) or {}
        for column in table.columns:
            attribute = mapper.get_property_by_column(column).key
            if attribute in said:
                annotation = said[attribute]
                self.annotations[name, column.name] = (
                    annotation if isinstance(annotation, str) else repr(annotation)
                )
            if attribute in fields:
                self.limits[name, column.name] = repr(getattr(fields[attribute], "metadata", ""))
        told_by = mapper.polymorphic_on
        if getattr(told_by, "table", None) is not None and mapper.polymorphic_identity is not None:
            key = (told_by.table.fullname, told_by.name)
            self.discriminators.setdefault(key, []).append((mapper.polymorphic_identity, name))

    def _own_enums(self) -> Iterator[Any]:
        waiting: list[Any] = list(enum.Enum.__subclasses__())
        while waiting:
            kind = waiting.pop()
            waiting += kind.__subclasses__()
            module = sys.modules.get(kind.__module__)
            if module is not None and self._is_own(module) and len(kind):
                yield kind

    def values_of(self, table: str, column: str) -> list[Any] | None:
        """The values of the app's enum that the mapped class names for a column, or that is named like it (`OrderStatus` for
        `orders.status`), if there is one."""
        for word in re.findall(r"\w+", self.annotations.get((table, column), "")):
            values = _texts(self._enums.get(word.lower()))
            if values:
                return values
        last = "".join(words.parts(column))
        bare = "".join(words.parts(table.rpartition(".")[2]))
        owners = [*(each.lower() for each in self.classes.get(table, ())), bare, bare[:-1], bare[:-2]]
        for name in [*(f"{owner}{last}" for owner in owners), last]:
            for ending in ("", "enum"):
                values = _texts(self._enums.get(name + ending))
                if values:
                    return values
        return None

    def engines(self) -> list[Any]:
        """The engines that the app has made."""
        return _instances(_found("sqlalchemy.engine", "Engine"))


def _texts(kind: Any) -> list[Any]:
    """The values of an enum if they are all text, else none."""
    values = [member.value for member in kind] if kind is not None else []
    return values if all(isinstance(value, str) for value in values) else []


def _metadata_of(value: Any) -> Any:
    """The metadata of a table, a mapped class, or a registry; None for anything else, which is not touched: `isinstance` would."""
    names = {base.__name__ for base in type(value).__mro__}
    declared = issubclass(type(value), type) and any("metadata" in base.__dict__ for base in value.__mro__)
    if declared or names & {"Table", "registry"}:
        try:
            return getattr(value, "metadata", None)
        except Exception:
            return None
    return None


def _found(module: str, name: str) -> Any:
    try:
        return getattr(importlib.import_module(module), name)
    except (ImportError, AttributeError):
        return None


def _instances(kind: Any) -> list[Any]:
    """All objects of a class, asked by their type: `isinstance` would wake proxies of the app's."""
    if kind is None:
        return []
    return [each for each in gc.get_objects() if issubclass(type(each), kind)]
