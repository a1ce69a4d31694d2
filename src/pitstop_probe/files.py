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
        self._own: dict[str, tuple[bool, list[str]]] = {}

    def scan(self) -> None:
        """Look at the modules again where some have come."""
        modules = sys.modules
        if len(modules) == self._count:
            return
        self._count = len(modules)
        # Other threads import meanwhile: a list of the items is not made in one step, a copy is.
        for name, module in modules.copy().items():
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
        parts = name.split(".")
        known = self._own.get(parts[0])
        if known is None:
            known = self._own[parts[0]] = self._places(parts[0])
        whole, spread = known
        return whole or any(_is_module(os.path.join(folder, *parts)) for folder in spread)

    def _places(self, top: str) -> tuple[bool, list[str]]:
        """Whether user code has a module of this name, and else the folders where it is one without `__init__.py`."""
        root = self._probe.config.root
        within = [
            f for f in sys.path if isinstance(f, str) and self._probe.stacks.path(os.path.join(f, "x.py"))
        ]
        folders = list(dict.fromkeys([root, os.path.join(root, "src"), *within]))
        if any(_is_module(os.path.join(folder, top)) for folder in folders):
            return True, []
        return False, [folder for folder in folders if os.path.isdir(os.path.join(folder, top))]


def _is_module(path: str) -> bool:
    return os.path.isfile(path + ".py") or os.path.isfile(os.path.join(path, "__init__.py"))


def install(probe: Probe, _after: Callable[[str, Callable[[ModuleType], None]], None]) -> None:
    """Look for new modules at each flush."""
    files = Files(probe)
    probe.output.on_flush.append(files.scan)
    after_fork(files.forget)
