"""The probe's records, typed. The format is described in ARCHITECTURE.md, "The probe's contract"."""

from __future__ import annotations

import base64
from pathlib import Path
from typing import TypeVar

import msgspec

from pitstop.data import Skipped


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


class OutboundCall(_Record, frozen=True, kw_only=True):
    """One HTTP request that the app sent."""

    method: str
    url: str
    start_ns: int = 0
    duration_ns: int = 0
    stack: int = 0
    on_loop: bool = False


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
    start_ns: int = 0
    duration_ns: int = 0
    cpu_ns: int = 0
    loop: bool = True
    request_headers: tuple[tuple[str, str], ...] = ()
    request_body: str = ""
    response_headers: tuple[tuple[str, str], ...] = ()
    response_body: str = ""
    response_bytes: int = 0
    statements: tuple[Statement, ...] = ()
    changes: tuple[tuple[str, str, str, int], ...] = ()
    calls: tuple[OutboundCall, ...] = ()
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


class Fault(_Record, frozen=True, kw_only=True, tag="fault"):
    """A failure of the probe itself."""

    where: str
    error: str


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
)


class Run(msgspec.Struct, frozen=True, kw_only=True):
    """All that the probe recorded while one workload ran, in order, over all processes."""

    exchanges: tuple[Exchange, ...] = ()
    stacks: dict[tuple[int, int], tuple[Frame, ...]] = {}
    """By (process id, stack id)."""
    owners: dict[int, int] = {}
    """Process id by position in `exchanges`."""
    places: dict[tuple[int, int], Place] = {}
    """By (process id, place id)."""
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

    def frames(self, position: int, stack: int) -> tuple[Frame, ...]:
        """The user frames of a stack of the exchange at `position`, innermost first; empty when unknown."""
        return self.stacks.get((self.owners.get(position, 0), stack), ())


def read_run(folder: Path) -> Run:
    """Read all records under `folder`. A line cut short by a killed process is skipped and said in `skipped`."""
    decoder = msgspec.json.Decoder(Record)
    exchanges: list[Exchange] = []
    stacks: dict[tuple[int, int], tuple[Frame, ...]] = {}
    owners: dict[int, int] = {}
    places: dict[tuple[int, int], Place] = {}
    others: dict[type[_Record], list[_Record]] = {}
    skipped: list[Skipped] = []
    for path in sorted(folder.glob("*.jsonl"), key=lambda p: p.stat().st_mtime_ns):
        pid = int(path.stem)
        with path.open("rb") as lines:
            for number, line in enumerate(lines, 1):
                try:
                    record = decoder.decode(line)
                except msgspec.DecodeError as error:
                    reason = f"record {number} cannot be read: {error}"
                    skipped.append(Skipped(stage="measure", subject=path.name, reason=reason))
                    continue
                if isinstance(record, Exchange):
                    owners[len(exchanges)] = pid
                    exchanges.append(record)
                elif isinstance(record, Stack):
                    stacks[pid, record.id] = record.frames
                elif isinstance(record, Place):
                    places[pid, record.id] = record
                else:
                    others.setdefault(type(record), []).append(record)

    def of(kind: type[_T]) -> tuple[_T, ...]:
        return tuple(record for record in others.get(kind, ()) if isinstance(record, kind))

    return Run(
        exchanges=tuple(exchanges),
        stacks=stacks,
        owners=owners,
        places=places,
        tests=of(TestOutcome),
        processes=of(Process),
        plans=of(Plan),
        samples=of(Sample),
        openapi=of(OpenAPI),
        files=tuple(record.file for record in of(LoadedFile)),
        refused=of(Refused),
        faults=of(Fault),
        dropped=of(Dropped),
        skipped=tuple(skipped),
    )
