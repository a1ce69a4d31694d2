"""Functions and classes by number: each is written once, with its name and where it stands."""

from __future__ import annotations

import functools
import linecache
import re
import sys
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .state import Probe

SHIFT = 5
"""The bits of a moment's code; those above them are the number of a place."""


class Places:
    """Numbers of functions and classes, each written once with its name and where it stands."""

    def __init__(self, probe: Probe) -> None:
        self._probe = probe
        self._numbers: dict[int, float] = {}
        self.known = self._numbers.get
        """The number of a callable by its `id`, above the bits of the code, and negative as that is; None where it is new."""
        self._kept: list[Any] = []
        """What the ids belong to, so that they are not used again."""
        self._texts: list[dict[str, Any]] = []

    def forget(self) -> None:
        """Write each place again: a forked child has a file of its own."""
        for record in self._texts:
            self._probe.output.put(record)

    def shifted(self, called: Any) -> float:
        """As `known`, also of a callable that is new."""
        return self.known(id(called)) or self.learn(called)

    def learn(self, called: Any) -> float:
        """The number of a callable that is new; 0 where there are too many."""
        number = len(self._kept) + 1
        if number > 10_000:
            return 0.0
        shifted = self._numbers[id(called)] = -float(number << SHIFT)
        self._kept.append(called)
        file, line = _stands(called)
        path = self._probe.stacks.path(file)
        record = {
            "type": "place",
            "id": number,
            "name": _name(called),
            "path": path,
            "line": line if path else 0,
        }
        self._texts.append(record)
        self._probe.output.put(record)
        return shifted


def code_of(called: Any) -> Any:
    """The code that runs when something is called, as far as it is Python."""
    for _ in range(20):
        if isinstance(called, functools.partial):
            called = called.func
        elif hasattr(called, "__wrapped__"):
            called = called.__wrapped__
        elif hasattr(called, "__func__"):
            called = called.__func__
        else:
            break
    if isinstance(called, type):
        # What it inherits stands elsewhere.
        own = (getattr(each, "__code__", None) for each in vars(called).values())
        return min(filter(None, own), key=lambda code: code.co_firstlineno, default=None)
    if not hasattr(called, "__code__"):
        called = getattr(type(called), "__call__", None)  # noqa: B004  # the method itself is looked at
    return getattr(called, "__code__", None)


def _stands(called: Any) -> tuple[str, int]:
    """The file and line where what is called is defined.

    Of a class its own: its methods may be inherited, made by a decorator, or written nowhere.
    """
    while isinstance(called, functools.partial):
        called = called.func
    if not isinstance(called, type):
        code = code_of(called)
        return ("", 0) if code is None else (code.co_filename, code.co_firstlineno)
    file = getattr(sys.modules.get(called.__module__), "__file__", None) or ""
    line = vars(called).get("__firstlineno__")  # since Python 3.13
    if line is None and file:
        last = called.__qualname__.rpartition(".")[2]
        statement = re.compile(rf"\s*class\s+{re.escape(last)}\b")
        found = [n for n, text in enumerate(linecache.getlines(file), 1) if statement.match(text)]
        codes = (getattr(each, "__code__", None) for each in vars(called).values())
        lines = [code.co_firstlineno for code in codes if code is not None and code.co_filename == file]
        first = min(lines, default=0)
        # Of several of one name, the last that stands above its methods.
        line = max((each for each in found if each <= first), default=found[0] if found else 0)
    return file, line or 0


def _name(called: Any) -> str:
    while isinstance(called, functools.partial):
        called = called.func
    if not hasattr(called, "__qualname__"):
        called = type(called)
    return str(called.__qualname__)
