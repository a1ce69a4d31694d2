"""What processes counted in memory that outlives them, and by that what of them left no record: see `pitstop_probe.tally`."""

from __future__ import annotations

import contextlib
import os
import struct
from collections.abc import Iterable, Mapping
from pathlib import Path

import msgspec

from pitstop.temporary import TemporaryFolder

_MEMORY = Path("/dev/shm")
"""Where Linux keeps files in memory: what is written there needs no room on a disk."""
_NUMBERS = struct.Struct("=8Q")


class Tally(msgspec.Struct, frozen=True, kw_only=True):
    """The numbers of one process, as it left them."""

    begun: int
    """Requests that came in."""
    statements: int
    others: int
    """What else could not be kept, over all of the process."""
    error: int = 0
    """The number of the last error in writing records; 0 for none."""
    test: str = ""
    """The test that was running; none where it had ended."""

    @property
    def why(self) -> str:
        """What kept its last records from being written."""
        if self.error:
            return f"the trace could not be written: {os.strerror(self.error)}"
        return "the process ended before they were answered and written"


class Tallies:
    """The folder that processes leave their numbers in; in memory where the system has a place for that, else `folder`."""

    def __init__(self, folder: Path) -> None:
        self._temporary: TemporaryFolder | None = None
        with contextlib.suppress(OSError):
            if _MEMORY.is_dir():
                self._temporary = TemporaryFolder("pitstop-tally-", _MEMORY)
        if self._temporary is None:
            folder.mkdir()
        self.path = self._temporary.path if self._temporary is not None else folder

    def remove(self) -> None:
        """Remove the folder, if it is in memory. Does nothing twice."""
        if self._temporary is not None:
            self._temporary.remove()


def read_tallies(folder: Path) -> dict[int, Tally]:
    """The numbers of each process, by its id."""
    found: dict[int, Tally] = {}
    for path in sorted(folder.iterdir()):
        raw = path.read_bytes()
        if path.name.isdigit() and len(raw) >= _NUMBERS.size:
            begun, statements, others, error, *_ = _NUMBERS.unpack_from(raw)
            test = raw[_NUMBERS.size :].partition(b"\0")[0].decode("utf-8", "replace")
            found[int(path.name)] = Tally(
                begun=begun, statements=statements, others=others, error=error, test=test
            )
    return found


def interrupted(tallies: Iterable[Tally]) -> str:
    """The test that was running when its process ended; none where all had ended."""
    return next((tally.test for tally in tallies if tally.test), "")


def unrecorded(tally: Tally, told: Mapping[str, int]) -> dict[str, int]:
    """How many `requests`, `statements` and `others` are neither recorded nor told as dropped: `told` has both."""
    counted = {"requests": tally.begun, "statements": tally.statements, "others": tally.others}
    left = {kind: count - told.get(kind, 0) for kind, count in counted.items()}
    return {kind: count for kind, count in left.items() if count > 0}
