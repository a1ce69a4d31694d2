"""What the host asked for: the JSON file that `PITSTOP_PROBE` names."""

from __future__ import annotations

import json
import os
from typing import Any

VARIABLE = "PITSTOP_PROBE"


class Config:
    """The probe's orders. Keys that are not named in the file keep the defaults given here."""

    def __init__(self, orders: dict[str, Any]) -> None:
        self.out: str = os.path.abspath(orders["out"])
        self.counts: str | None = orders.get("counts")
        self.root: str = os.path.abspath(orders.get("root") or os.getcwd())
        self.exclude: tuple[str, ...] = tuple(
            os.path.join(self.root, part) for part in orders.get("exclude") or ()
        )
        self.watchdog_ms: float = float(orders.get("watchdog_ms") or 0)
        self.flush_ms: float = float(orders.get("flush_ms") or 100)
        self.bodies: bool = bool(orders.get("bodies"))
        self.seed: int | None = orders.get("seed")
        self.epoch: int | None = orders.get("epoch")
        self.hits: dict[str, list[int]] = orders.get("hits") or {}
        self.databases: tuple[str, ...] | None = None
        if orders.get("databases") is not None:
            self.databases = tuple(orders["databases"])
        self.since: float | None = orders.get("since")
        self.pair: str | None = orders.get("pair")
        self.mingle: list[str] = orders.get("mingle") or []
        self.side: str = orders.get("side") or os.environ.get("PITSTOP_SIDE") or ""
        self.replayable: bool = bool(orders.get("replayable"))
        self.plans: bool = bool(orders.get("plans"))
        self.samples: bool = bool(orders.get("samples"))
        self.reversed: bool = bool(orders.get("reversed"))
        self.work: bool = bool(orders.get("work"))
        self.phases: bool = bool(orders.get("phases"))
        self.offline: bool = bool(orders.get("offline"))
        self.caches: bool = bool(orders.get("caches"))
        self.files: bool = bool(orders.get("files"))
        self.writes: bool = bool(orders.get("writes"))
        self.memory: bool = bool(orders.get("memory"))

    @property
    def roots(self) -> tuple[str, ...]:
        """The root as given and as the file system knows it, each with a separator at its end."""
        return _both(self.root)

    @property
    def excluded(self) -> tuple[str, ...]:
        """The folders under the root that hold no user code, each with a separator at its end."""
        return tuple(form for folder in self.exclude for form in _both(folder))


def _both(folder: str) -> tuple[str, ...]:
    forms = {os.path.abspath(folder), os.path.realpath(folder)}
    return tuple(sorted(os.path.join(form, "") for form in forms))


def load() -> Config | None:
    """Read the orders; None where the interpreter was not started by pitstop."""
    path = os.environ.get(VARIABLE)
    if not path:
        return None
    with open(path, encoding="utf-8") as file:
        return Config(json.load(file))
