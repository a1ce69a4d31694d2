"""Numbers of this process that outlive it: a few bytes of shared memory, which neither a kill nor a full disk takes back.

By them the host knows what left no record. Where no folder for them was given, they are kept for nobody.
"""

from __future__ import annotations

import itertools
import mmap
import os
from typing import Any

from .real import after_fork

BEGUN = 0
"""Requests that have come in."""
STATEMENTS, OTHERS = 1, 2
"""What belonged to requests, or stood beside them, and could not be kept."""
ERROR = 3
"""The number of the last error in writing records."""
NUMBERS = 8
SIZE = 1024
"""Bytes of the file: the numbers, 64 bits each in the machine's byte order, then the running test, up to a NUL."""
_TEXT = NUMBERS * 8


class Tally:
    """The numbers of one process. `numbers` is written to directly: every request counts itself."""

    def __init__(self, folder: str | None) -> None:
        self._folder = folder
        self._start()
        after_fork(self._start)

    def _start(self) -> None:
        """Also in a forked child, whose memory is not to be the parent's: it gets a file with its first request."""
        self._text: memoryview | None = None
        self.numbers: Any = [0] * NUMBERS
        self.begun = itertools.count(1)
        """Counts the requests."""
        if self._folder is not None:
            self.numbers = _Unopened(self)

    def open(self) -> None:
        """Make the file, or go on with that of the program which this process ran before."""
        numbers: Any = [0] * NUMBERS
        try:
            view = self._mapped()
            numbers, self._text = view[:_TEXT].cast("Q"), view[_TEXT:]
        except (OSError, ValueError):
            pass  # then nobody is told
        self.begun = itertools.count(numbers[BEGUN] + 1)
        self.numbers = numbers

    def _mapped(self) -> memoryview:
        file = os.open(os.path.join(self._folder or "", str(os.getpid())), os.O_RDWR | os.O_CREAT, 0o600)
        try:
            if os.fstat(file).st_size < SIZE:
                os.write(file, bytes(SIZE))  # a hole would be filled later, when there may be no room
            return memoryview(mmap.mmap(file, SIZE))
        finally:
            os.close(file)

    def running(self, test: str) -> None:
        """Note which test runs; none where it is empty."""
        if isinstance(self.numbers, _Unopened):
            self.open()
        if self._text is not None:
            text = test.encode("utf-8", "replace")[: SIZE - _TEXT - 1] + b"\0"
            self._text[: len(text)] = text


class _Unopened:
    """Stands for the numbers until the first of them is written."""

    def __init__(self, tally: Tally) -> None:
        self._tally = tally

    def __getitem__(self, which: int) -> int:
        self._tally.open()
        found: int = self._tally.numbers[which]
        return found

    def __setitem__(self, which: int, number: int) -> None:
        self._tally.open()
        self._tally.numbers[which] = next(self._tally.begun) if which == BEGUN else number
