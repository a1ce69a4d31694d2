"""One command to a store beside the SQL database, on its way and back: what all stores have in common."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import Any, Tuple

from .real import Real
from .request import MOST_STATEMENTS, Request
from .state import Probe

Written = Tuple[str, str, str]
"""A command that may leave something in its store: its name, what it goes to, and a hash of its values."""


class Command(ABC):
    """One command, or several that are sent at once. Times are absolute, in nanoseconds of `perf_counter`."""

    __slots__ = ("count", "end", "on_loop", "operation", "rows", "stack", "start")

    system = ""
    """As OpenTelemetry names it."""

    def __init__(self, operation: str, count: int = 1) -> None:
        self.operation = operation
        self.count = count
        self.rows: int | None = None
        """What came back, or was changed; None where the answer does not tell."""
        self.stack = 0
        self.on_loop = False
        self.start = self.end = 0

    @abstractmethod
    def target(self) -> str:
        """What it goes to, without values."""

    @abstractmethod
    def params(self) -> str:
        """A hash of its values; empty where there are none."""

    @abstractmethod
    def written(self) -> list[Written]:
        """The commands of it that may leave something in the store; none where it only reads."""

    def entry(self, request: Request) -> dict[str, Any]:
        """What a record holds of it."""
        found: dict[str, Any] = {
            "system": self.system,
            "operation": self.operation,
            "target": self.target(),
            "params": self.params(),
            "count": self.count,
            "start_ns": self.start - request.start,
            "duration_ns": max((self.end or request.end) - self.start, 0),
            "stack": self.stack,
            "on_loop": self.on_loop,
        }
        written = self.written()
        if written:
            found["written"] = written
        if self.rows is not None:
            found["rows"] = self.rows
        return found


def take(probe: Probe, request: Request, command: Command, stack: int | None, on_loop: bool) -> bool:
    """Add a command to its request as it is sent: from the given stack, or from here. False where the request holds no more."""
    if len(request.commands) >= MOST_STATEMENTS:
        probe.output.late_statement()
        return False
    command.stack = probe.stacks.here(None, request) if stack is None else stack
    command.on_loop = on_loop
    request.commands.append(command)
    command.start = Real.perf_ns()
    return True
