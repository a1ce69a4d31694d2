"""Hooks that run right after a module was imported, so that the probe itself imports nothing early."""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from importlib.machinery import ModuleSpec
from types import ModuleType
from typing import Any

Hook = Callable[[ModuleType], None]


class ImportHooks:
    """Watches imports. As a finder it finds nothing itself: it lets the others find, and listens."""

    def __init__(self, fault: Callable[[str, BaseException], None]) -> None:
        self._fault = fault
        self._hooks: dict[str, list[Hook]] = {}
        self._searching: set[str] = set()

    def install(self) -> None:
        """Begin to watch."""
        sys.meta_path.insert(0, self)

    def after(self, name: str, hook: Hook) -> None:
        """Run `hook` with the module once it is imported; at once where it is already."""
        module = sys.modules.get(name)
        spec = getattr(module, "__spec__", None)
        if module is not None and not getattr(spec, "_initializing", False):
            self._call(hook, name, module)
        else:
            self._hooks.setdefault(name, []).append(hook)

    def catch_up(self) -> None:
        """Run the hooks of modules that came in by a way that could not be watched."""
        for name in list(self._hooks):
            module = sys.modules.get(name)
            if module is not None and not getattr(getattr(module, "__spec__", None), "_initializing", False):
                self._ran(name, module)

    def find_spec(
        self, name: str, path: Sequence[str] | None = None, target: Any = None
    ) -> ModuleSpec | None:
        if name not in self._hooks or name in self._searching:
            return None
        self._searching.add(name)
        try:
            return self._watched(name, path, target)
        except Exception as error:
            self._fault(f"import {name}", error)
            return None
        finally:
            self._searching.discard(name)

    def _watched(self, name: str, path: Sequence[str] | None, target: Any) -> ModuleSpec | None:
        for finder in list(sys.meta_path):
            find = getattr(finder, "find_spec", None)
            if finder is self or find is None:
                continue
            spec: ModuleSpec | None = find(name, path, target)
            if spec is not None:
                break
        else:
            return None
        loader: Any = spec.loader
        run = getattr(loader, "exec_module", None)
        if run is None or isinstance(loader, type):
            return spec

        def exec_module(module: ModuleType) -> None:
            loader.__dict__.pop("exec_module", None)
            run(module)
            self._ran(name, module)

        try:
            loader.exec_module = (
                exec_module  # on this one loader: its type and identity stay as the app knows them
            )
        except (AttributeError, TypeError):
            return spec  # `catch_up` takes it
        return spec

    def _ran(self, name: str, module: ModuleType) -> None:
        for hook in self._hooks.pop(name, ()):
            self._call(hook, name, module)

    def _call(self, hook: Hook, name: str, module: ModuleType) -> None:
        try:
            hook(module)
        except Exception as error:
            self._fault(f"hook of {name}", error)


def when_made(base: type, act: Callable[[type], None]) -> None:
    """Call `act` with the class of each object that is made of `base` or a class under it, before it is.

    `__init__` stays as it is: SQLAlchemy reads the parameters of its classes' to know what `create_engine` takes.
    """
    original: Any = base.__new__

    def made(cls: type, *args: Any, **named: Any) -> Any:
        act(cls)
        return object.__new__(cls) if original is object.__new__ else original(cls, *args, **named)

    setattr(base, "__new__", staticmethod(made))  # noqa: B010  # assigned to a class that is not ours
