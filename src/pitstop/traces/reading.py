"""What the probe wrote, read back: see `records`."""

from __future__ import annotations

import base64
import json
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any, TypeVar

import msgspec

from pitstop.data import Skipped
from pitstop.traces.bodies import NOTHING, Body, Records
from pitstop.traces.frames import Packed, records
from pitstop.traces.records import (
    Alike,
    Cache,
    Dropped,
    End,
    Exchange,
    Fault,
    Frame,
    LoadedFile,
    Mingled,
    OpenAPI,
    Outside,
    Place,
    Plan,
    Pool,
    Process,
    Record,
    Refused,
    Run,
    Sample,
    Stack,
    TestOutcome,
)
from pitstop.traces.tally import Tally, interrupted, read_tallies, unrecorded

_T = TypeVar("_T", bound=Record)
_MOST_SHARED = 10_000
"""Texts and headers that are looked for again."""
_SECOND = 1_000_000_000


def _moments(numbers: Sequence[float]) -> tuple[int, ...]:
    """Pairs of what passed and when; none where two threads came between each other."""
    codes, times = numbers[::2], numbers[1::2]
    if len(codes) != len(times) or any(code > 0 for code in codes) or any(at < 0 for at in times):
        return ()
    return tuple(
        number
        for what, at in zip(codes, times, strict=True)
        for number in (round(-what), round(at * _SECOND))
    )


def read_run(folder: Path, counts: Path | None = None) -> Run:
    """Read all records under `folder`. Lines that cannot be read, as one cut short by a killed process, are said in `skipped`.

    By the numbers that the processes left under `counts`, what has no record at all is said in `dropped`.
    """
    reader = _Reader()
    for path in sorted(folder.glob("*.jsonl"), key=lambda p: p.stat().st_mtime_ns):
        reader.read(path)
    tallies: dict[int, Tally] = {}
    try:
        tallies = read_tallies(counts) if counts is not None else {}
    except OSError as error:
        reader.skip("trace", f"whether anything of it was lost cannot be told: {error}")
    for pid, tally in tallies.items():
        if missing := unrecorded(tally, reader.told.get(pid, {})):
            reader.others.setdefault(Dropped, []).append(Dropped(why=tally.why, **missing))
    return reader.run(interrupted(tallies.values()))


def _mended(text: bytes) -> bytes:
    """JSON without halves of pairs of UTF-16, as Python has for bytes that are no text; msgspec takes none."""
    return json.dumps(json.loads(text), ensure_ascii=False).encode("utf-8", "replace")


class _Reader:
    """The records of a run, as they are read."""

    def __init__(self) -> None:
        self.others: dict[type[msgspec.Struct], list[Record]] = {}
        self.told: dict[int, Counter[str]] = {}
        """By process: how many requests and the like it has recorded, or told as dropped."""
        self._decoder: msgspec.json.Decoder[Record] = msgspec.json.Decoder(Record)
        self._shared: dict[Any, Any] = {}
        self._records: Records | None = None
        self._line = (0, 0)
        """Offset and length of the record that is read."""
        self._exchanges: list[Exchange] = []
        self._stacks: dict[tuple[int, int], tuple[Frame, ...]] = {}
        self._owners: dict[int, int] = {}
        self._places: dict[tuple[int, int], Place] = {}
        self._pools: dict[tuple[int, int], Pool] = {}
        self._skipped: list[Skipped] = []
        self._programs = 0

    def read(self, path: Path) -> None:
        """Take in the file of one process."""
        owner, programs = int(path.stem), 0
        told = self.told[owner] = Counter()
        alike: dict[int, dict[str, Any]] = {}
        unread, first = 0, ""
        self._records, offset = Records(path), 0
        with path.open("rb") as file:
            for number, (line, frame) in enumerate(records(file), 1):
                self._line = (offset, file.tell() - offset)
                offset = file.tell()
                try:
                    if frame is not None:
                        exchange = self._exchange(frame, alike)
                        self._share(exchange)
                        told["requests"] += 1
                        self._owners[len(self._exchanges)] = owner
                        self._exchanges.append(exchange)
                        continue
                    record = self._decode(line)
                except (msgspec.MsgspecError, ValueError) as error:
                    unread += 1
                    first = first or f"record {number} cannot be read: {error}"
                    continue
                if isinstance(record, Alike):
                    alike[record.id] = msgspec.structs.asdict(record)
                elif isinstance(record, Stack):
                    self._stacks[owner, record.id] = record.frames
                elif isinstance(record, Place):
                    self._places[owner, record.id] = record
                elif isinstance(record, Pool):
                    self._pools[owner, record.id] = record
                else:
                    self.others.setdefault(type(record), []).append(record)
                    if isinstance(record, Process):
                        programs += 1
                        if programs > 1:
                            # `exec`, or the id was given again: numbers of stacks and places begin anew
                            self._programs += 1
                            owner = -self._programs
                    elif isinstance(record, Dropped):
                        told.update(
                            requests=record.requests, statements=record.statements, others=record.others
                        )
        if unread:
            more = f", nor can {unread - 1} more" if unread > 1 else ""
            self.skip(path.name, first + more)

    def skip(self, subject: str, reason: str) -> None:
        """Note what could not be read."""
        self._skipped.append(Skipped(stage="measure", subject=subject, reason=reason))

    def _body(self, _kind: type, text: str) -> Body:
        # An empty one is every other exchange's: they share it.
        return Body(text, self._records, *self._line) if text else NOTHING

    def _share(self, exchange: Exchange) -> None:
        """Let an exchange have what others have had already: most texts of a run come again in each request of a route."""
        if len(self._shared) > _MOST_SHARED:
            self._shared.clear()
        shared = self._shared.setdefault
        for name in ("request_headers", "response_headers"):
            headers = getattr(exchange, name)
            msgspec.structs.force_setattr(exchange, name, shared(headers, headers))
        for statement in exchange.statements:
            msgspec.structs.force_setattr(statement, "sql", shared(statement.sql, statement.sql))

    def _decode(self, line: bytes) -> Record:
        try:
            return self._decoder.decode(line)
        except msgspec.DecodeError:
            return self._decoder.decode(_mended(line))

    def _exchange(self, frame: Packed, alike: dict[int, dict[str, Any]]) -> Exchange:
        if frame.alike not in alike:
            raise ValueError(f"what it has in common with others, {frame.alike}, is not told")
        common = alike[frame.alike]
        number, started, begun, ended, cpu, *moments = frame.numbers
        rest: Any = {}
        if frame.rest:
            try:
                rest = msgspec.json.decode(frame.rest)
            except msgspec.DecodeError:
                rest = msgspec.json.decode(_mended(frame.rest))
        return msgspec.convert(
            {
                "response_bytes": len(frame.sent),
                **common,
                "key": f"{common['key']}{number:.0f}",
                "start_ns": int(started * _SECOND),
                "duration_ns": round((ended - begun) * _SECOND),
                "cpu_ns": round(cpu * _SECOND),
                "response_body": base64.b64encode(frame.sent).decode("ascii"),
                "origin": int(begun * _SECOND),
                "moments": _moments(moments),
                **rest,
            },
            Exchange,
            dec_hook=self._body,
        )

    def run(self, interrupted: str) -> Run:
        """All that was read."""

        def of(kind: type[_T]) -> tuple[_T, ...]:
            return tuple(record for record in self.others.get(kind, ()) if isinstance(record, kind))

        return Run(
            exchanges=tuple(self._exchanges),
            stacks=self._stacks,
            owners=self._owners,
            places=self._places,
            pools=self._pools,
            tests=of(TestOutcome),
            processes=of(Process),
            plans=of(Plan),
            samples=of(Sample),
            openapi=of(OpenAPI),
            files=tuple(record.file for record in of(LoadedFile)),
            caches=of(Cache),
            outside=of(Outside),
            refused=of(Refused),
            mingled=of(Mingled),
            faults=of(Fault),
            dropped=of(Dropped),
            skipped=tuple(self._skipped),
            ends=of(End),
            interrupted=interrupted,
        )
