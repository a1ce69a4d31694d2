"""What is known of calls into other packages, from `effects.toml`."""

from __future__ import annotations

import sys
import tomllib
from functools import cache
from importlib.resources import files
from typing import Literal

import msgspec

Kind = Literal["blocks", "computes", "waits", "offloads", "runs-sync", "defers", "builds-client"]


class Known(msgspec.Struct, frozen=True):
    """One row of the table: what calling any of `names` does."""

    kind: Kind
    names: tuple[str, ...]
    category: str = ""
    twin: str = ""
    closes: str = ""


class _Table(msgspec.Struct):
    effect: list[Known]


@cache
def _by_name() -> dict[str, Known]:
    text = files("pitstop.project").joinpath("effects.toml").read_text("utf-8")
    table = msgspec.convert(tomllib.loads(text), _Table)
    return {name: known for known in table.effect for name in known.names}


def known(name: str) -> Known | None:
    """What calling the function or class of this canonical name does, if the table says."""
    return _by_name().get(name)


@cache
def packages() -> frozenset[str]:
    """The packages that the table names, with those of the standard library: what `import redis` means before anything else."""
    return sys.stdlib_module_names | {name.partition(".")[0] for name in _by_name()}
