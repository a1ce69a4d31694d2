"""Which files the user's modules came from."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from types import ModuleType

from .real import after_fork
from .state import Probe


class Files:
    """Notes each imported file of user code once.

    User code is what lies under the root, and besides any module that bears the name of one there but came from
    elsewhere: a stray copy, installed or on another path.
    """

    def __init__(self, probe: Probe) -> None:
        self._probe = probe
        self._seen: set[str] = set()
        self._count = 0
        self._own: dict[str, bool] = {}

    def scan(self) -> None:
        """Look at the modules again where some have come."""
        modules = sys.modules
        if len(modules) == self._count:
            return
        self._count = len(modules)
        for name, module in list(modules.items()):
            if name in self._seen:
                continue
            file = getattr(module, "__file__", None)
            if not isinstance(file, str):
                if name != "__main__" and not getattr(
                    getattr(module, "__spec__", None), "_initializing", False
                ):
                    self._seen.add(name)
                continue
            self._seen.add(name)
            if self._probe.stacks.path(file) or self._bears_own_name(name):
                self._probe.output.put({"type": "app", "file": os.path.abspath(file)})

    def forget(self) -> None:
        """Note all files again: a forked child has a file of records of its own."""
        self._seen.clear()
        self._count = 0

    def _bears_own_name(self, name: str) -> bool:
        top = name.partition(".")[0]
        known = self._own.get(top)
        if known is None:
            known = self._own[top] = any(
                os.path.isfile(os.path.join(folder, top + ".py"))
                or os.path.isfile(os.path.join(folder, top, "__init__.py"))
                for folder in (self._probe.config.root, os.path.join(self._probe.config.root, "src"))
            )
        return known


def install(probe: Probe, _after: Callable[[str, Callable[[ModuleType], None]], None]) -> None:
    """Look for new modules at each flush."""
    files = Files(probe)
    probe.output.on_flush.append(files.scan)
    after_fork(files.forget)
