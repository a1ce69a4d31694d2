"""The probe's records, typed. The format is described in ARCHITECTURE.md, "The probe's contract"."""

from __future__ import annotations

from typing import Literal

import msgspec

from pitstop.data import Skipped
from pitstop.traces.bodies import NOTHING, Body
from pitstop.traces.outbound import LanguageModel as LanguageModel
from pitstop.traces.outbound import OutboundCall as OutboundCall
from pitstop.traces.planned import Plan as Plan
from pitstop.traces.planned import PlanRead as PlanRead
from pitstop.traces.planned import Sample as Sample
from pitstop.traces.stores import Command as Command
from pitstop.traces.stores import Hold as Hold
from pitstop.traces.stores import Pool as Pool


class _Record(msgspec.Struct, frozen=True, kw_only=True):
    pass


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


class OpenedFile(_Record, frozen=True, kw_only=True):
    """A file that was opened to be read, and its size then. `path` is relative to the workspace; of one outside, `*`, its ending and a hash."""

    path: str
    bytes: int = 0
    start_ns: int = 0
    stack: int = 0
    on_loop: bool = False


class Logged(_Record, frozen=True, kw_only=True):
    """A hundred lines or more that one request wrote to a log from one place, and how long the handlers took for them."""

    level: int
    """By the numbers of `logging`: 20 is INFO."""
    count: int
    duration_ns: int
    stack: int = 0


class LoggedError(msgspec.Struct, frozen=True, array_like=True):
    """A line at ERROR or above: its logger, its level by the numbers of `logging`, the class of the exception that it tells of, if any,
    and hashes of its text before and after values are put in."""

    logger: str
    level: int
    exception: str
    text: str
    message: str


class Memory(_Record, frozen=True, kw_only=True):
    """What a request had allocated at most since it began, and the user's line that held most of it; `path` empty where none is known."""

    peak_bytes: int
    path: str = ""
    line: int = 0
    line_bytes: int = 0


class Place(_Record, frozen=True, kw_only=True, tag="place"):
    """A function or class that phases are named by; ids are unique within one process. `path` is empty where it is not the user's."""

    id: int
    name: str
    path: str = ""
    line: int = 0


WEBSOCKET = "WEBSOCKET"
"""The method of a connection."""


class Alike(_Record, frozen=True, kw_only=True, tag="alike"):
    """What requests have in common, each of which names it by its id; ids are unique within one process."""

    id: int
    key: str
    """How their keys begin, up to the number."""
    method: str
    path: str
    test: str = ""
    route: str = ""
    query: str = ""
    status: int = 0
    loop: bool = True
    request_headers: tuple[tuple[str, str], ...] = ()
    response_headers: tuple[tuple[str, str], ...] = ()
    lines: tuple[tuple[str, int], ...] = ()


class Exchange(_Record, frozen=True, kw_only=True):
    """One request and its answer, or one WebSocket connection."""

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
    error_within: str = ""
    """The top module that raised it below that stack; empty where the user's own code did."""
    start_ns: int = 0
    duration_ns: int = 0
    cpu_ns: int = 0
    loop: bool = True
    request_headers: tuple[tuple[str, str], ...] = ()
    request_body: Body = NOTHING
    request_bytes: int = 0
    """How much of the body the app has read. Above 8 MiB `request_body` is `sha256:` and its digest, as `response_body` is of a
    large answer."""
    response_headers: tuple[tuple[str, str], ...] = ()
    response_body: Body = NOTHING
    response_bytes: int = 0
    statements: tuple[Statement, ...] = ()
    changes: tuple[tuple[str, str, str, int], ...] = ()
    written: tuple[tuple[str, str], ...] = ()
    """With the order `writes`, files that it wrote, each with a hash of what was in it when the request had ended."""
    late_commits: int = 0
    """How many of its commits (or releases of savepoints) began after its answer was sent."""
    calls: tuple[OutboundCall, ...] = ()
    commands: tuple[Command, ...] = ()
    clients: tuple[ClientBuilt, ...] = ()
    blocks: tuple[Block, ...] = ()
    waits: tuple[Wait, ...] = ()
    holds: tuple[Hold, ...] = ()
    lines: tuple[tuple[str, int], ...] = ()
    work: int | None = None
    """What the database did for it, in `work_unit`: `steps` of SQLite's machine, `rows` read by PostgreSQL's scans. None where
    nothing was counted, or not all could be."""
    work_unit: str = ""
    files: tuple[OpenedFile, ...] = ()
    logs: tuple[Logged, ...] = ()
    errors: tuple[LoggedError, ...] = ()
    pieces: int = 1
    """In how many parts the answer's body came that had something in them: more than one of a stream."""
    memory: Memory | None = None
    """With the order `memory`, of requests that ran alone."""
    close_code: int = 0
    """Of a connection: the code it was closed with; 0 where it was still open, or never closed by either side."""
    messages_in: int = 0
    messages_out: int = 0
    turns: tuple[int, ...] = ()
    """Of a connection: when messages passed, either way, in nanoseconds from its start; at most 100 000."""
    origin: int = 0
    moments: tuple[int, ...] = ()
    """What passed inside of FastAPI, and when, in nanoseconds of the clock on which the request began at `origin`; read by `phases`."""

    @property
    def is_connection(self) -> bool:
        """Whether this is a WebSocket connection: `status` is 101, or what it was refused with, and its duration is its client's."""
        return self.method == WEBSOCKET

    @property
    def body(self) -> bytes:
        """The response body."""
        return self.response_body.content

    @property
    def endpoint(self) -> str:
        """Method and route template, e.g. `GET /users/{id}`; the bare path where no route matched."""
        return f"{self.method} {self.route or self.path}"


class OpenAPI(_Record, frozen=True, kw_only=True, tag="openapi"):
    """The OpenAPI document of an app, and those of the apps that are mounted in it, each with its path."""

    document: msgspec.Raw = msgspec.Raw(b"{}")
    mounted: tuple[tuple[str, msgspec.Raw], ...] = ()
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


class Cache(_Record, frozen=True, kw_only=True, tag="cache"):
    """A `functools` cache as its process ended: calls since it was last cleared, and how many answers it held; or what requests of one
    `route` asked of a function that `cashews` caches, wherever it keeps the answers."""

    name: str
    path: str
    line: int
    hits: int
    misses: int
    size: int = 0
    maxsize: int | None = None
    kind: Literal["functools", "cashews"] = "functools"
    route: str = ""


class Outside(_Record, frozen=True, kw_only=True, tag="outside"):
    """Lines of those that were asked for which ran while no request was under way."""

    lines: tuple[tuple[str, int], ...] = ()


class Refused(_Record, frozen=True, kw_only=True, tag="refused"):
    """A database connection that the run was not allowed to make."""

    what: str
    address: str
    stack: int = 0


class Mingled(_Record, frozen=True, kw_only=True, tag="mingled"):
    """A request that was asked alone and with others under way, `beside` of them, which is told where it was answered otherwise then."""

    key: str
    route: str
    alone: str = ""
    """Status and body, as far as they are told; the class of an exception that came instead. Empty where there was no difference."""
    together: str = ""
    test: str = ""
    beside: int = 0


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
    | Alike
    | Plan
    | Sample
    | OpenAPI
    | TestOutcome
    | LoadedFile
    | Cache
    | Pool
    | Outside
    | Refused
    | Mingled
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
    pools: dict[tuple[int, int], Pool] = {}
    """By (owner, pool id)."""
    tests: tuple[TestOutcome, ...] = ()
    processes: tuple[Process, ...] = ()
    plans: tuple[Plan, ...] = ()
    samples: tuple[Sample, ...] = ()
    openapi: tuple[OpenAPI, ...] = ()
    files: tuple[str, ...] = ()
    caches: tuple[Cache, ...] = ()
    outside: tuple[Outside, ...] = ()
    refused: tuple[Refused, ...] = ()
    mingled: tuple[Mingled, ...] = ()
    faults: tuple[Fault, ...] = ()
    dropped: tuple[Dropped, ...] = ()
    skipped: tuple[Skipped, ...] = ()
    ends: tuple[End, ...] = ()
    server_limit: int | None = None
    """How many connections the server of the database takes from services; None where it was not asked."""
    interrupted: str = ""
    """The test that was running when its process ended."""

    @property
    def requests(self) -> tuple[Exchange, ...]:
        """The exchanges of HTTP; connections are left out."""
        return tuple(exchange for exchange in self.exchanges if not exchange.is_connection)

    def frames(self, position: int, stack: int) -> tuple[Frame, ...]:
        """The user frames of a stack of the exchange at `position`, innermost first; empty when unknown."""
        return self.stacks.get((self.owners.get(position, 0), stack), ())
