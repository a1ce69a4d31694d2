"""What is known of calls into other packages, from `effects.toml`."""

from __future__ import annotations

import sys
import tomllib
from collections.abc import Iterator, Sequence
from functools import cache
from importlib.resources import files
from typing import Literal

import msgspec

Kind = Literal["blocks", "computes", "waits", "offloads", "runs-sync", "defers", "builds-client"]


class Known(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One row of the table: what calling any of `names` does, and any of `methods` of any of `types`."""

    kind: Kind
    source: str
    names: tuple[str, ...] = ()
    types: tuple[str, ...] = ()
    methods: tuple[str, ...] = ()
    but: tuple[str, ...] = ()
    """Methods that a `*` among `methods` does not mean."""
    category: str = ""
    twin: str = ""
    closes: str = ""
    gone: str = ""
    """The release that took the names away."""
    dynamic: bool = False
    """Whether the library makes the names at run time."""

    @property
    def every(self) -> Iterator[str]:
        """All names that the row stands for, with `*` and `**` as they are written."""
        yield from self.names
        yield from (f"{home}.{method}" for home in self.types for method in self.methods)


class Spelling(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A class as rows name it, and what else it is called: from where it is exported, and calls that give one."""

    name: str
    also: tuple[str, ...]
    dynamic: bool = False
    """Whether the library makes the other names at run time."""


class Table(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """All that is known of other packages."""

    effect: tuple[Known, ...]
    spelling: tuple[Spelling, ...]


class _Node:
    """The rows by the parts of their names."""

    __slots__ = ("inner", "known", "listed")

    def __init__(self) -> None:
        self.inner: dict[str, _Node] = {}
        self.known: Known | None = None
        self.listed = False

    def put(self, name: str, known: Known | None) -> None:
        node = self
        for part in name.split("."):
            node = node.inner.setdefault(part, _Node())
        node.known, node.listed = known, True

    def find(self, parts: Sequence[str], at: int = 0) -> _Node | None:
        """The row of a name: one that spells a part out goes before one that has a `*` for it."""
        if at == len(parts):
            return self if self.listed else None
        part = parts[at]
        found = self.inner[part].find(parts, at + 1) if part in self.inner else None
        if found is None and "*" in self.inner and part[:1].islower() and part.isidentifier():
            found = self.inner["*"].find(parts, at + 1)
        if found is None and "**" in self.inner:
            ends = (self.inner["**"].find(parts, start) for start in range(at, len(parts)))
            found = next((end for end in ends if end is not None), None)
        return found


@cache
def table() -> Table:
    """The table as it is written."""
    text = files("pitstop.project").joinpath("effects.toml").read_text("utf-8")
    return msgspec.convert(tomllib.loads(text), Table)


@cache
def _spellings() -> dict[str, str]:
    return {other: each.name for each in table().spelling for other in each.also}


@cache
def _rows() -> _Node:
    rows = _Node()
    for known in table().effect:
        for name in known.every:
            rows.put(spelled(name), known)
        for home in known.types:
            for method in known.but:
                rows.put(spelled(f"{home}.{method}"), None)
    return rows


def spelled(name: str) -> str:
    """A canonical name as the table spells it: by the class that a call gives, where the table says which."""
    found = ""
    for part in name.split("."):
        found = f"{found}.{part}" if found else part
        found = _spellings().get(found, found)
    return found


@cache
def known(name: str) -> Known | None:
    """What calling the function or class of this canonical name does, if the table says."""
    found = _rows().find(spelled(name).split("."))
    return found.known if found is not None else None


def item(name: str) -> str:
    """What a subscript of an instance of this class gives, where the table says: `client["db"]` is a database."""
    found = spelled(f"{name}[]")
    return "" if found.endswith("[]") else found


@cache
def packages() -> frozenset[str]:
    """The packages that the table names, with those of the standard library: what `import redis` means before anything else."""
    named = {name.partition(".")[0] for row in table().effect for name in row.every}
    named |= {name.partition(".")[0] for each in table().spelling for name in (each.name, *each.also)}
    return sys.stdlib_module_names | named
