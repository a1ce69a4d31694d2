"""Records on their way to the file: a bounded buffer, emptied by a thread of its own and when the process ends."""

from __future__ import annotations

import _thread
import json
import os
from collections import deque
from collections.abc import Callable
from typing import Any, Protocol

from .real import Real, after_fork
from .worker import Worker

PENDING_BYTES = 128 * 1024 * 1024
FAULTS_OF_A_KIND = 5


class Encodable(Protocol):
    """A record that turns itself into a line when the flushing thread comes by."""

    size: int

    def encode(self) -> str: ...


def dumps(value: Any) -> str:
    """Compact JSON."""
    return _ENCODER.encode(value)


_ENCODER = json.JSONEncoder(separators=(",", ":"), check_circular=False, default=str)


class Output:
    """The file of one process.

    `put` never blocks and never does I/O. What does not fit is counted in a `dropped` record. After a fork the child
    starts a file of its own.
    """

    def __init__(self, folder: str, flush_seconds: float = 0.1) -> None:
        self.folder = folder
        self._flush_seconds = flush_seconds
        self.spent_ns = 0
        """CPU time of the flushing thread, which is not the app's."""
        self.on_flush: list[Callable[[], None]] = []
        self.first: list[Callable[[], dict[str, Any]]] = []
        """Makers of the records that each file begins with."""
        self._faults: dict[str, int] = {}
        self._start()
        os.makedirs(folder, exist_ok=True)
        after_fork(self._forked)

    def _start(self) -> None:
        self._pending: deque[Encodable | str] = deque()
        self._bytes = 0
        self._dropped_requests = 0
        self._late_statements = 0
        self._worker = Worker(self._run)
        self._writing = _thread.allocate_lock()
        self._file: int | None = None

    def _forked(self) -> None:
        file, self._file = self._file, None
        if file is not None:
            os.close(file)
        self._start()

    def put(self, record: Encodable | dict[str, Any]) -> None:
        """Take a record in."""
        if isinstance(record, dict):
            self.put_text(dumps(record))
        else:
            self.take(record, record.size)

    def put_text(self, line: str) -> None:
        """Take in a record that is already a line."""
        self.take(line, len(line))

    def take(self, record: Encodable | str, size: int) -> None:
        """Take in a record of about so many bytes."""
        if self._bytes >= PENDING_BYTES:
            self._dropped_requests += 1
            return
        self._bytes += size
        self._pending.append(record)
        if not self._worker.awake:
            self._worker.rouse()

    def late_statement(self, silent: bool = False) -> None:
        """Count a statement that came when its request was already written, or was too many for it."""
        if not silent:
            self._late_statements += 1

    def fault(self, where: str, error: BaseException) -> None:
        """Note a failure of the probe; a few of each kind are kept."""
        try:
            seen = self._faults[where] = self._faults.get(where, 0) + 1
            if seen <= FAULTS_OF_A_KIND:
                self.put({"type": "fault", "where": where, "error": f"{type(error).__name__}: {error}"[:500]})
        except Exception:
            self._dropped_requests += 0

    def _run(self) -> None:
        worker, pending = self._worker, self._pending
        while True:
            before = Real.thread_ns()
            try:
                self.flush()
            except Exception as error:
                pending.clear()
                self.fault("output", error)
            self.spent_ns += Real.thread_ns() - before
            if not worker.doze(lambda: pending):
                return
            Real.sleep(self._flush_seconds)

    def flush(self, timeout: float = -1) -> None:
        """Write what is pending. `timeout` in seconds bounds the wait for a flush that is already under way."""
        if not self._writing.acquire(True, timeout):
            return
        try:
            for hook in self.on_flush:
                try:
                    hook()
                except Exception as error:
                    self.fault("flush", error)
            self._write()
        finally:
            self._writing.release()

    def _write(self) -> None:
        if self._file is None:
            path = os.path.join(self.folder, f"{os.getpid()}.jsonl")
            self._file = os.open(
                path, os.O_WRONLY | os.O_CREAT | os.O_APPEND | getattr(os, "O_CLOEXEC", 0), 0o600
            )
            for make in self.first:
                self._append([dumps(make())])
        lines: list[str] = []
        pending = self._pending
        while pending:
            record = pending.popleft()
            if isinstance(record, str):
                self._bytes -= len(record)
                lines.append(record)
                continue
            self._bytes -= record.size
            try:
                lines.append(record.encode())
            except Exception as error:
                self.fault("encode", error)
                self._dropped_requests += 1
            if len(lines) >= 256:
                self._append(lines)
                lines = []
        requests, self._dropped_requests = self._dropped_requests, 0
        if requests:
            why = "more was recorded than could be written in time"
            lines.append(dumps({"type": "dropped", "requests": requests, "statements": 0, "why": why}))
        statements, self._late_statements = self._late_statements, 0
        if statements:
            why = "more than one request can hold, or sent after its end"
            lines.append(dumps({"type": "dropped", "requests": 0, "statements": statements, "why": why}))
        self._append(lines)

    def _append(self, lines: list[str]) -> None:
        if not lines or self._file is None:
            return
        data = memoryview(("\n".join(lines) + "\n").encode("utf-8", "backslashreplace"))
        while data:
            data = data[os.write(self._file, data) :]
