"""The probe's records, typed. The format is described in ARCHITECTURE.md, "The probe's contract"."""

from __future__ import annotations

import base64
import json
from collections import Counter
from pathlib import Path
from typing import TypeVar

import msgspec

from pitstop.data import Skipped
from pitstop.traces.tally import Tally, interrupted, read_tallies, unrecorded


class _Record(msgspec.Struct, frozen=True, kw_only=True):
    pass


_T = TypeVar("_T", bound=_Record)


class Frame(msgspec.Struct, frozen=True, array_like=True):
    """One line of user code on a stack; `path` is relative to the workspace."""

    path: str
    line: int
    function: str


class Process(_Record, frozen=True, kw_only=True, tag="process"):
    """One interpreter that ran with the probe inside."""

    pid: int
    python: str
    executable: str = ""
    argv: tuple[str, ...] = ()
    packages: dict[str, str] = {}
    seed: int | None = None


class Stack(_Record, frozen=True, kw_only=True, tag="stack"):
    """User frames, innermost first; ids are unique within one process."""

    id: int
    frames: tuple[Frame, ...]


class Statement(_Record, frozen=True, kw_only=True):
    """One statement sent to the database."""

    sql: str
    operation: str
    params: str = ""
    rows: int = 0
    start_ns: int = 0
    duration_ns: int = 0
    stack: int = 0
    on_loop: bool = False


class LanguageModel(_Record, frozen=True, kw_only=True):
    """What a language model was asked; tokens are None where the answer did not tell them, or came as a stream."""

    model: str
    prompt: str
    """A hash of what was asked: equal ones ask the same."""
    input_tokens: int | None = None
    output_tokens: int | None = None


class OutboundCall(_Record, frozen=True, kw_only=True):
    """One HTTP request that the app sent."""

    method: str
    url: str
    start_ns: int = 0
    duration_ns: int = 0
    stack: int = 0
    on_loop: bool = False
    connect_ns: int = 0
    """What finding the address and opening the connection took of it, and `tls_ns` what securing it did: 0 for one that was open."""
    tls_ns: int = 0
    llm: LanguageModel | None = None


class Command(_Record, frozen=True, kw_only=True):
    """One command sent to a store beside the SQL database, or one pipeline of `count` commands."""

    system: str
    """As OpenTelemetry names it: `redis`."""
    operation: str
    """`GET`, `PIPELINE`; empty where the name was no command's."""
    target: str = ""
    """The key up to the first id in it, `user:?`; empty where it may say more."""
    params: str = ""
    count: int = 1
    start_ns: int = 0
    duration_ns: int = 0
    stack: int = 0
    on_loop: bool = False

    @property
    def name(self) -> str:
        """What it is called in a table: `GET user:?`."""
        return f"{self.operation or self.system} {self.target}".rstrip()


class ClientBuilt(_Record, frozen=True, kw_only=True):
    """An HTTP client built while a request was under way."""

    name: str
    stack: int = 0
    duration_ns: int = 0


class Wait(_Record, frozen=True, kw_only=True):
    """A request waited for a connection: `connection wait` for one of an exhausted pool, `connect` for one that was opened."""

    kind: str
    start_ns: int
    duration_ns: int
    stack: int = 0


class Block(_Record, frozen=True, kw_only=True):
    """The event loop was silent, and the user's line it stood at."""

    start_ns: int
    duration_ns: int
    stack: int = 0


class Place(_Record, frozen=True, kw_only=True, tag="place"):
    """A function or class that phases are named by; ids are unique within one process. `path` is empty where it is not the user's."""

    id: int
    name: str
    path: str = ""
    line: int = 0


class Exchange(_Record, frozen=True, kw_only=True, tag="request"):
    """One request and its answer."""

    key: str
    method: str
    path: str
    test: str = ""
    route: str = ""
    query: str = ""
    status: int = 0
    error: str = ""
    error_stack: int = 0
    """Where the exception that left the app was raised; 0 for one of the probe's own, or where no user code has a part."""
    start_ns: int = 0
    duration_ns: int = 0
    cpu_ns: int = 0
    loop: bool = True
    request_headers: tuple[tuple[str, str], ...] = ()
    request_body: str = ""
    request_bytes: int = 0
    """Of a body too large to keep: then `request_body` is `sha256:` and its digest, as `response_body` is of a large answer."""
    response_headers: tuple[tuple[str, str], ...] = ()
    response_body: str = ""
    response_bytes: int = 0
    statements: tuple[Statement, ...] = ()
    changes: tuple[tuple[str, str, str, int], ...] = ()
    calls: tuple[OutboundCall, ...] = ()
    commands: tuple[Command, ...] = ()
    clients: tuple[ClientBuilt, ...] = ()
    blocks: tuple[Block, ...] = ()
    waits: tuple[Wait, ...] = ()
    lines: tuple[tuple[str, int], ...] = ()
    work: int | None = None
    """What the database did for it, in `work_unit`: `steps` of SQLite's machine, `rows` read by PostgreSQL's scans. None where
    nothing was counted, or not all could be."""
    work_unit: str = ""
    origin: int = 0
    moments: str = ""
    """What passed inside of FastAPI, and when, by the clock on which the request began at `origin`: 64-bit numbers in the
    machine's byte order, in Base64; read by `phases`."""

    @property
    def body(self) -> bytes:
        """The response body."""
        return base64.b64decode(self.response_body)

    @property
    def endpoint(self) -> str:
        """Method and route template, e.g. `GET /users/{id}`; the bare path where no route matched."""
        return f"{self.method} {self.route or self.path}"


class PlanRead(_Record, frozen=True, kw_only=True):
    """One step of a plan that reads a table: all of it (`scan`), or what an index names (`search`)."""

    how: str
    table: str
    """The table as the plan names it: SQLite gives the alias where there is one."""
    alias: str = ""
    index: str = ""
    by: tuple[str, ...] = ()
    """The columns looked up in the index, the leading one first."""
    rows: int | None = None
    """How many rows the table has, as the planner knows it."""


class Plan(_Record, frozen=True, kw_only=True, tag="plan"):
    """How the database means to carry out a statement."""

    sql: str
    database: str
    """`sqlite` or `postgresql`."""
    reads: tuple[PlanRead, ...] = ()
    sorts: int = 0


class Sample(_Record, frozen=True, kw_only=True, tag="asked"):
    """One execution of a reading statement, with its values as the probe's `samples` writes them."""

    sql: str
    database: str
    paramstyle: str
    values: msgspec.Raw
    file: str = ""
    """The path of an SQLite database."""


class OpenAPI(_Record, frozen=True, kw_only=True, tag="openapi"):
    """The OpenAPI document of an app."""

    document: msgspec.Raw = msgspec.Raw(b"{}")
    app: str = ""


class TestOutcome(_Record, frozen=True, kw_only=True, tag="test"):
    """How one test ended."""

    __test__ = False
    id: str
    outcome: str
    duration_ns: int = 0
    message: str = ""


class LoadedFile(_Record, frozen=True, kw_only=True, tag="app"):
    """A file of user code that was imported; absolute, so that a stray import from elsewhere shows."""

    file: str


class Refused(_Record, frozen=True, kw_only=True, tag="refused"):
    """A database connection that the run was not allowed to make."""

    what: str
    address: str
    stack: int = 0


class Dropped(_Record, frozen=True, kw_only=True, tag="dropped"):
    """Records that could not be kept."""

    why: str
    requests: int = 0
    statements: int = 0
    others: int = 0
    """Row effects, calls and the like of requests, and records that are none."""


class Fault(_Record, frozen=True, kw_only=True, tag="fault"):
    """A failure of the probe itself."""

    where: str
    error: str


class End(_Record, frozen=True, kw_only=True, tag="end"):
    """The workload came to its end in order, of so many tests or requests: no exit in its middle."""

    of: int = 0


Record = (
    Process
    | Stack
    | Place
    | Exchange
    | Plan
    | Sample
    | OpenAPI
    | TestOutcome
    | LoadedFile
    | Refused
    | Dropped
    | Fault
    | End
)


class Run(msgspec.Struct, frozen=True, kw_only=True):
    """All that the probe recorded while one workload ran, in order, over all processes."""

    exchanges: tuple[Exchange, ...] = ()
    stacks: dict[tuple[int, int], tuple[Frame, ...]] = {}
    """By (owner, stack id)."""
    owners: dict[int, int] = {}
    """By position in `exchanges`: the process id, or a negative number where that process ran another program before."""
    places: dict[tuple[int, int], Place] = {}
    """By (owner, place id)."""
    tests: tuple[TestOutcome, ...] = ()
    processes: tuple[Process, ...] = ()
    plans: tuple[Plan, ...] = ()
    samples: tuple[Sample, ...] = ()
    openapi: tuple[OpenAPI, ...] = ()
    files: tuple[str, ...] = ()
    refused: tuple[Refused, ...] = ()
    faults: tuple[Fault, ...] = ()
    dropped: tuple[Dropped, ...] = ()
    skipped: tuple[Skipped, ...] = ()
    ends: tuple[End, ...] = ()
    interrupted: str = ""
    """The test that was running when its process ended."""

    def frames(self, position: int, stack: int) -> tuple[Frame, ...]:
        """The user frames of a stack of the exchange at `position`, innermost first; empty when unknown."""
        return self.stacks.get((self.owners.get(position, 0), stack), ())


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


class _Reader:
    """The records of a run, as they are read."""

    def __init__(self) -> None:
        self.others: dict[type[_Record], list[_Record]] = {}
        self.told: dict[int, Counter[str]] = {}
        """By process: how many requests and the like it has recorded, or told as dropped."""
        self._decoder: msgspec.json.Decoder[Record] = msgspec.json.Decoder(Record)
        self._exchanges: list[Exchange] = []
        self._stacks: dict[tuple[int, int], tuple[Frame, ...]] = {}
        self._owners: dict[int, int] = {}
        self._places: dict[tuple[int, int], Place] = {}
        self._skipped: list[Skipped] = []
        self._programs = 0

    def read(self, path: Path) -> None:
        """Take in the file of one process."""
        owner, programs = int(path.stem), 0
        told = self.told[owner] = Counter()
        unread, first = 0, ""
        with path.open("rb") as lines:
            for number, line in enumerate(lines, 1):
                try:
                    record = self._decode(line)
                except (msgspec.DecodeError, ValueError) as error:
                    unread += 1
                    first = first or f"record {number} cannot be read: {error}"
                    continue
                if isinstance(record, Exchange):
                    told["requests"] += 1
                    self._owners[len(self._exchanges)] = owner
                    self._exchanges.append(record)
                elif isinstance(record, Stack):
                    self._stacks[owner, record.id] = record.frames
                elif isinstance(record, Place):
                    self._places[owner, record.id] = record
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

    def _decode(self, line: bytes) -> Record:
        try:
            return self._decoder.decode(line)
        except msgspec.DecodeError:
            if b"\\ud" not in line:
                raise
            # half a pair of UTF-16, as Python has for bytes that are no text; msgspec takes none
            text = json.dumps(json.loads(line), ensure_ascii=False)
            return self._decoder.decode(text.encode("utf-8", "replace"))

    def run(self, interrupted: str) -> Run:
        """All that was read."""

        def of(kind: type[_T]) -> tuple[_T, ...]:
            return tuple(record for record in self.others.get(kind, ()) if isinstance(record, kind))

        return Run(
            exchanges=tuple(self._exchanges),
            stacks=self._stacks,
            owners=self._owners,
            places=self._places,
            tests=of(TestOutcome),
            processes=of(Process),
            plans=of(Plan),
            samples=of(Sample),
            openapi=of(OpenAPI),
            files=tuple(record.file for record in of(LoadedFile)),
            refused=of(Refused),
            faults=of(Fault),
            dropped=of(Dropped),
            skipped=tuple(self._skipped),
            ends=of(End),
            interrupted=interrupted,
        )
