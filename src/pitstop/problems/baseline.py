"""The findings that a team knows of and does not want to be told again: a file in their repository."""

from __future__ import annotations

import os
from collections.abc import Collection, Iterable
from pathlib import Path

import msgspec

from pitstop.data import Finding, KnownFindings
from pitstop.errors import UsageError

FILE = "pitstop-baseline.json"
"""Where it lies when nobody says otherwise."""


class Entry(msgspec.Struct, frozen=True, kw_only=True):
    """One known finding. Only `id` and `places` count; the rest is for who reads the file."""

    id: str
    problem: str
    path: str
    symbol: str
    message: str
    places: int = 1
    """At how many places the pattern stood; one more is news."""


class _File(msgspec.Struct, frozen=True, kw_only=True):
    version: int
    findings: tuple[Entry, ...]


class Baseline:
    """The known findings of one file."""

    def __init__(self, path: Path, entries: Iterable[Entry] = ()) -> None:
        self.path = path
        self.entries = {entry.id: entry for entry in entries}

    def without_known(
        self, findings: Iterable[Finding], problems: Collection[str]
    ) -> tuple[tuple[Finding, ...], KnownFindings]:
        """The findings that are news, and how many are not. `problems` are those that were looked for."""
        told = tuple(findings)
        news = tuple(finding for finding in told if not self._knows(finding))
        ids = {finding.id for finding in told}
        gone = sum(entry.problem in problems and entry.id not in ids for entry in self.entries.values())
        return news, KnownFindings(file=self.path.name, left_out=len(told) - len(news), gone=gone)

    def _knows(self, finding: Finding) -> bool:
        entry = self.entries.get(finding.id)
        return entry is not None and 1 + len(finding.places) <= entry.places

    def updated(self, findings: Iterable[Finding], problems: Collection[str]) -> Baseline:
        """With all of these findings; entries of problems that were not looked for stay."""
        kept = (entry for entry in self.entries.values() if entry.problem not in problems)
        return Baseline(self.path, (*kept, *map(_entry, findings)))

    def pruned(self, findings: Iterable[Finding], problems: Collection[str]) -> Baseline:
        """Without the entries that no finding answers to any more, and with no more places than there are left."""
        now = {finding.id: 1 + len(finding.places) for finding in findings}
        return Baseline(
            self.path,
            (
                msgspec.structs.replace(entry, places=min(entry.places, now.get(entry.id, entry.places)))
                for entry in self.entries.values()
                if entry.problem not in problems or entry.id in now
            ),
        )

    def write(self) -> None:
        """Write the file, whole or not at all. Raises UsageError where that is not allowed."""
        entries = sorted(self.entries.values(), key=lambda entry: (entry.path, entry.problem, entry.id))
        text = msgspec.json.format(msgspec.json.encode(_File(version=1, findings=tuple(entries))), indent=2)
        part = self.path.with_name(f".{self.path.name}.{os.getpid()}")
        try:
            part.write_bytes(text + b"\n")
            part.replace(self.path)
        except OSError as error:
            part.unlink(missing_ok=True)
            raise UsageError(
                f"the baseline {self.path} cannot be written: {error.strerror}",
                "Name another file: --baseline FILE",
            ) from None


def load(path: Path) -> Baseline:
    """Read a baseline. Raises UsageError for a file that is not there, cannot be read, or is no baseline."""
    try:
        file = msgspec.json.decode(path.read_bytes(), type=_File)
    except FileNotFoundError:
        raise UsageError(
            f"there is no baseline {path}", "`pitstop inspect --update-baseline` writes one."
        ) from None
    except OSError as error:
        raise UsageError(
            f"the baseline {path} cannot be read: {error.strerror}", "Look at its permissions."
        ) from None
    except msgspec.DecodeError as error:
        raise UsageError(
            f"{path} is no baseline of pitstop's: {error}",
            "Remove it, or write it anew: `pitstop inspect --update-baseline`",
        ) from None
    if file.version != 1:
        raise UsageError(f"the baseline {path} was written by a newer pitstop", "Update pitstop.")
    return Baseline(path, file.findings)


def _entry(finding: Finding) -> Entry:
    return Entry(
        id=finding.id,
        problem=finding.problem,
        path=finding.location.path,
        symbol=finding.location.symbol,
        message=finding.message,
        places=1 + len(finding.places),
    )
