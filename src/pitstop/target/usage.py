"""What a running command and its children take of the machine: CPU time and memory."""

from __future__ import annotations

import threading
from types import TracebackType
from typing import Self

import msgspec

_EVERY_S = 0.05


class Usage(msgspec.Struct, frozen=True, kw_only=True):
    """CPU seconds used while it was watched, and resident memory in bytes: at first, at most, and at last."""

    cpu_s: float
    memory_start: int
    memory_peak: int
    memory_end: int


class Meter:
    """Watches a process and its children while the block runs; `usage` is what they took by then.

    Memory is looked at every 50 ms, so a peak between two looks is missed.
    """

    def __init__(self, pid: int) -> None:
        self._pid = pid
        self._memory: list[int] = []
        self._cpu: list[float] = []
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._watch, daemon=True)

    def __enter__(self) -> Self:
        self._look()
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._over.set()
        self._thread.join()
        self._look()

    def _watch(self) -> None:
        while not self._over.wait(_EVERY_S):
            self._look()

    def _look(self) -> None:
        import psutil

        cpu, memory = 0.0, 0
        try:
            process = psutil.Process(self._pid)
            for each in (process, *process.children(recursive=True)):
                times = each.cpu_times()
                cpu += times.user + times.system
                memory += each.memory_info().rss
        except psutil.Error:  # it has ended, or a child did just now: the next look tells
            return
        self._cpu.append(cpu)
        self._memory.append(memory)

    @property
    def usage(self) -> Usage:
        """What was taken since the block began; all zero where the process had ended before it did."""
        memory = self._memory or [0]
        cpu = self._cpu or [0.0]
        return Usage(
            cpu_s=max(cpu) - cpu[0], memory_start=memory[0], memory_peak=max(memory), memory_end=memory[-1]
        )
