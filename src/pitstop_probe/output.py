"""Records on their way to the file: a bounded buffer, emptied by a thread of its own and when the process ends."""

from __future__ import annotations

import _thread
import bisect
import contextlib
import itertools
import json
import os
from collections import deque
from collections.abc import Callable
from typing import Any, Protocol

from . import tally
from .real import Real, after_fork
from .worker import Worker

PENDING_BYTES = 128 * 1024 * 1024
ROOM_FOR_OTHERS = 16 * 1024 * 1024
"""What other records than requests may take beyond that: they are few, and requests mean little without them."""
BATCH = 500
"""How many records are written at once."""
FAULTS_OF_A_KIND = 5


class Loss:
    """One way in which something cannot be kept; `what` is the field of a `dropped` record that counts it."""

    __slots__ = ("tallied", "what", "why")

    def __init__(self, what: str, why: str, tallied: int | None = None) -> None:
        self.what = what
        self.why = why
        self.tallied = tallied
        """Where it is counted beside the records, for the case that these cannot be written. Requests are by their beginning."""


LATE = Loss("requests", "more was recorded than could be written in time")
NOT_ENCODED = Loss("requests", "no record could be made of them")
STATEMENTS = Loss("statements", "more than one request can hold, or sent after its end", tally.STATEMENTS)
EFFECTS = Loss("others", "more happened in one request than it can hold", tally.OTHERS)
STACKS = Loss("others", "more places in the code were seen than can be told apart", tally.OTHERS)
OTHERS = Loss("others", "more was recorded than could be written in time", tally.OTHERS)
_LOSSES = (LATE, NOT_ENCODED, STATEMENTS, EFFECTS, STACKS, OTHERS)


class Encodable(Protocol):
    """A record that turns itself into what is written when the flushing thread comes by."""

    size: int

    def encode(self) -> bytes: ...


def dumps(value: Any) -> str:
    """Compact JSON."""
    return _ENCODER.encode(value)


_ENCODER = json.JSONEncoder(separators=(",", ":"), check_circular=False, default=str)


class Output:
    """The file of one process.

    `put` and `take` never block and never do I/O. What does not fit is counted in a `dropped` record; what cannot be written,
    as on a full disk, is tried again as long as there is room for it here. After a fork the child starts a file of its own.
    """

    def __init__(self, folder: str, flush_seconds: float = 0.1, counts: tally.Tally | None = None) -> None:
        self.folder = folder
        self.tally = counts or tally.Tally(None)
        self._flush_seconds = flush_seconds
        self.spent = 0.0
        """CPU time, in seconds, of the flushing thread, which is not the app's."""
        self.paused = False
        """The flushing thread leaves everything for later."""
        self.on_flush: list[Callable[[], None]] = []
        self.first: list[Callable[[], dict[str, Any]]] = []
        """Makers of the records that each file begins with."""
        self._start()
        os.makedirs(folder, exist_ok=True)
        after_fork(self._forked)

    def _start(self) -> None:
        self.pending: deque[Encodable | bytes] = deque()
        self.held = 0
        """Bytes that are pending."""
        self._lost = dict.fromkeys(_LOSSES, 0)
        self._faults: dict[str, int] = {}
        self._counting = _thread.RLock()
        """Who is counted as lost is rare, but must not get lost between two threads."""
        self.worker = Worker(self._run)
        self._writing = _thread.allocate_lock()
        self._file: int | None = None
        self._identity: tuple[int, int] | None = None

    def _forked(self) -> None:
        file = self._file if self._is_ours() else None
        self._start()
        if file is not None:
            os.close(file)

    def put(self, record: dict[str, Any]) -> None:
        """Take in a record that is no request."""
        self.put_text(dumps(record))

    def put_text(self, text: str) -> bool:
        """Take in such a record that is already text; whether there was room for it."""
        if self.held >= PENDING_BYTES + ROOM_FOR_OTHERS:
            self.lost(OTHERS)
            return False
        line = _line(text)
        self.held += len(line)
        self.pending.append(line)
        if not self.worker.awake:
            self.worker.rouse()
        return True

    def take(self, record: Encodable | bytes, size: int) -> None:
        """Take in a request of about so many bytes, as it is written or to be made so."""
        if self.held >= PENDING_BYTES:
            self.lost(LATE)
            return
        self.held += size
        self.pending.append(record)
        if not self.worker.awake:
            self.worker.rouse()

    def lost(self, loss: Loss, count: int = 1) -> None:
        """Count what cannot be kept."""
        with self._counting:
            self._lost[loss] += count
            if loss.tallied is not None:
                self.tally.numbers[loss.tallied] += count

    def late_statement(self, silent: bool = False) -> None:
        """Count a statement that came when its request was already written, or was too many for it."""
        if not silent:
            self.lost(STATEMENTS)

    def fault(self, where: str, error: BaseException) -> None:
        """Note a failure of the probe; a few of each kind are kept."""
        try:
            seen = self._faults[where] = self._faults.get(where, 0) + 1
            if seen <= FAULTS_OF_A_KIND:
                self.put({"type": "fault", "where": where, "error": f"{type(error).__name__}: {error}"[:500]})
        except Exception:
            self.lost(OTHERS)

    def tell_faults(self) -> None:
        """Say how many failures were not written because there were so many like them."""
        for where, seen in list(self._faults.items()):
            if seen > FAULTS_OF_A_KIND:
                self._faults[where] = FAULTS_OF_A_KIND
                error = f"{seen - FAULTS_OF_A_KIND} more failures of this kind"
                self.put({"type": "fault", "where": where, "error": error})

    def _run(self) -> None:
        worker, pending = self.worker, self.pending
        while True:
            before = Real.thread()
            if not self.paused:
                self.flush()
            self.spent += Real.thread() - before
            if not worker.doze(lambda: pending):
                return
            Real.sleep(self._flush_seconds)

    def flush(self, timeout: float = -1) -> None:
        """Write what is pending. `timeout` in seconds bounds the wait for a flush that is already under way. Raises nothing."""
        if not self._writing.acquire(True, timeout):
            return
        try:
            for hook in self.on_flush:
                try:
                    hook()
                except Exception as error:
                    self.fault("flush", error)
            self._write()
        except OSError as error:
            self.tally.numbers[tally.ERROR] = error.errno or 0
        except Exception as error:
            self.fault("output", error)
        finally:
            self._writing.release()

    @property
    def has_begun(self) -> bool:
        """Whether this process has a file."""
        return self._identity is not None

    def _is_ours(self) -> bool:
        """Whether the descriptor is still that of the file: some programs close all that are open, and open others."""
        if self._file is None:
            return False
        try:
            found = os.fstat(self._file)
        except OSError:
            return False
        return (found.st_dev, found.st_ino) == self._identity

    def _open(self) -> None:
        path = os.path.join(self.folder, f"{os.getpid()}.jsonl")
        flags = os.O_WRONLY | os.O_CREAT | os.O_APPEND | getattr(os, "O_CLOEXEC", 0)
        self._file = os.open(path, flags, 0o600)
        found = os.fstat(self._file)
        introduced = self._identity is not None
        self._identity = (found.st_dev, found.st_ino)
        if not introduced:
            lines = [_line(dumps(make())) for make in self.first]
            self.held += sum(map(len, lines))
            self.pending.extendleft(reversed(lines))

    def _write(self) -> None:
        if not self._is_ours():
            self._open()
        pending = self.pending
        left = len(pending)  # and no more: threads that go on for ever must not keep the process from ending
        while left:
            taken = [pending.popleft() for _ in range(min(left, BATCH))]
            left -= len(taken)
            try:
                self._append(taken)  # type: ignore[arg-type]  # most often all are bytes
            except TypeError:
                pending.extendleft(reversed(taken))
                for _ in taken:
                    record = pending.popleft()
                    self._append([record] if isinstance(record, bytes) else self._encoded(record))
        if not pending:
            self.held = 0  # threads that add to it at once may have made it off by a little
        for loss, count in list(self._lost.items()):
            if count:
                line = _line(dumps({"type": "dropped", loss.what: count, "why": loss.why}))
                self._append([line], again=False)
                with self._counting:
                    self._lost[loss] -= count

    def _encoded(self, record: Encodable) -> list[bytes]:
        self.held -= record.size
        try:
            made = record.encode()
        except Exception as error:
            self.fault("encode", error)
            self.lost(NOT_ENCODED)
            return []
        self.held += len(made)
        return [made]

    def _append(self, records: list[bytes], *, again: bool = True) -> None:
        """Write records, all or up to one of them; then the others are pending again, if so wanted, and OSError is raised."""
        data = b"".join(records)
        if not data or self._file is None:
            return
        done = 0
        try:
            while done < len(data):
                done += os.write(self._file, memoryview(data)[done:])
        except OSError:
            ends = list(itertools.accumulate(map(len, records)))
            whole = bisect.bisect_right(ends, done)
            half = done - (ends[whole - 1] if whole else 0)
            if half:
                with contextlib.suppress(OSError):
                    os.ftruncate(self._file, os.fstat(self._file).st_size - half)
            done -= half
            if again:
                self.pending.extendleft(reversed(records[whole:]))
            raise
        finally:
            if again:
                self.held -= done


def _line(text: str) -> bytes:
    return (text + "\n").encode("utf-8", "backslashreplace")
