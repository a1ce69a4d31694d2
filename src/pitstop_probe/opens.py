"""Files that requests read or write: each `open()` while the user's code is on the stack.

In place of `builtins.open` and `io.open`, which `pathlib` calls. An audit hook would see more and cost more: Python calls one for
each `id()` and each look at a frame as well.
"""

from __future__ import annotations

import builtins
import hashlib
import io
import os
import stat
from collections.abc import Callable, Iterable
from types import ModuleType
from typing import Any

from .output import EFFECTS
from .real import Real
from .request import CURRENT, LARGEST_BODY, MOST_OF_A_KIND, Request, digest
from .state import Probe

REAL = io.open
MOST_WRITTEN = 100
"""Files that one request writes of which it is told what is in them."""
_SOURCES = (".py", ".pyc", ".pyi")
"""What tracebacks and imports read."""


class Opens:
    """Stands in for `open`. As a bound method it stays a function where a class has it for an attribute."""

    def __init__(self, probe: Probe, original: Callable[..., Any]) -> None:
        self._probe = probe
        self._original = original
        self._reads, self._writes = probe.config.files, probe.config.writes

    def open(self, file: Any, mode: Any = "r", *args: Any, **named: Any) -> Any:
        """Open a file and return a stream."""
        request = CURRENT.get()
        if request is None or request.closed:
            return self._original(file, mode, *args, **named)
        if not _reads(mode):
            opened = self._original(file, mode, *args, **named)
            if self._writes and isinstance(file, (str, bytes, os.PathLike)):
                self._note_written(request, os.path.abspath(os.fsdecode(file)))
            return opened
        if not self._reads:
            return self._original(file, mode, *args, **named)
        start = Real.perf_ns()
        opened = self._original(file, mode, *args, **named)
        try:
            if not isinstance(file, int):
                self._note(request, os.path.abspath(os.fsdecode(file)), start, opened)
        except Exception as error:
            self._probe.fault("open", error)
        return opened

    def _note(self, request: Request, path: str, start: int, opened: Any) -> None:
        if path.endswith(_SOURCES) or path.startswith(("/proc/", self._probe.output.folder)):
            return
        status = os.fstat(opened.fileno())
        if not stat.S_ISREG(status.st_mode):
            return
        stack = self._probe.stacks.here(None, request)
        if not stack:
            return
        if len(request.files) >= MOST_OF_A_KIND:
            self._probe.output.lost(EFFECTS)
            return
        told = self._probe.stacks.relative(path) or masked(path)
        request.files.append((told, status.st_size, start, stack, self._probe.running_loop() is not None))

    def _note_written(self, request: Request, path: str) -> None:
        try:
            if path.startswith(("/proc/", "/dev/", self._probe.output.folder)) or path in request.written:
                return
            if not self._probe.stacks.here(None, request):
                return
            if len(request.written) >= MOST_WRITTEN:
                self._probe.output.lost(EFFECTS)
                return
            request.plain = False
            request.written.append(path)
        except Exception as error:
            self._probe.fault("open", error)


def contents(paths: Iterable[str], relative: Callable[[str], str]) -> list[tuple[str, str]]:
    """Files with a hash of what is in them at the moment; without, where they are gone or are none."""
    found = []
    for path in paths:
        try:
            with REAL(path, "rb") as file:
                content = hashlib.blake2b(file.read(LARGEST_BODY), digest_size=8).hexdigest()
        except OSError:
            content = ""
        name = relative(path) or masked(
            os.path.basename(path)
        )  # temporary folders have other names in each run
        found.append((name, content))
    return found


def _reads(mode: Any) -> bool:
    return isinstance(mode, str) and "+" not in mode and not any(each in mode for each in "wax")


def masked(path: str) -> str:
    """A file outside of the service's folder: its path may tell of the machine and its people."""
    return f"*{os.path.splitext(path)[1]} {digest(path)}"


def install(probe: Probe, _after: Callable[[str, Callable[[ModuleType], None]], None]) -> None:
    """Note files that are opened, where the host asked for it."""
    if not (probe.config.files or probe.config.writes):
        return
    probe.texts.contents_of = lambda paths: contents(paths, probe.stacks.relative)
    replaced = Opens(probe, io.open).open
    # Past the types that both are declared with.
    for module in (builtins, io):
        vars(module)["open"] = replaced
