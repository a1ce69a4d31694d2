"""What was measured: the figures of routes, their phases, requests step by step, pools, traffic, what grew; what was recorded."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import msgspec

from pitstop.values import Value


class PhaseSummary(Value, frozen=True, kw_only=True):
    """What one phase takes of a route's requests, without the phases within it: ms as a mean per request.

    `kind` is middleware, routing, body, dependency, validation, handler, serialisation, response (what is left between the
    first and the last part of the answer), background, thread wait, connection wait (a pool had none left), connect (to a
    database), database, redis, mongodb, qdrant, outbound HTTP, garbage collection (whole ones, which fall to whichever request they meet) or framework. `name` and `path` tell
    of middleware, dependencies, handlers and background tasks which one it is, of waits for connections which function waited;
    both are empty for other kinds, `path` also for what is not the service's own.
    """

    kind: str
    ms: float
    name: str = ""
    path: str = ""
    line: int = 0


class RouteSummary(Value, frozen=True, kw_only=True):
    """The figures of one route in one run: times in ms, counters as means per request.

    `bytes` are those of the bodies that were sent, `bytes_in` those that the service read of the bodies sent to it.
    """

    route: str
    requests: int
    errors: int
    p50_ms: float
    p95_ms: float
    p99_ms: float
    cpu_ms: float
    statements: float
    rows: float
    database_ms: float
    blocked_ms: float
    bytes: float
    commands: float = 0
    """Commands sent to a store beside the SQL database, those in pipelines included; `commands_ms` is what they took."""
    commands_ms: float = 0
    calls: float = 0
    """Outbound HTTP calls; `connecting_ms` is what opening and securing connections took of them, `tokens` those of language
    models that whole answers told of."""
    connecting_ms: float = 0
    tokens: float = 0
    bytes_in: float = 0
    phases: tuple[PhaseSummary, ...] = ()
    """Where the time went, the largest share first; empty where the probe saw no phases."""


class ConnectionSummary(Value, frozen=True, kw_only=True):
    """The figures of one WebSocket route in one run, means per connection but for the counts of connections.

    `refused` of the connections were not accepted; `errors` ended with an exception of the service, or none of its answers.
    `close_codes` counts the codes they were closed with, whoever closed them. Bytes are those of messages.
    """

    route: str
    connections: int
    refused: int
    errors: int
    open_s: float
    """How long one was open, in seconds: as long as its client liked."""
    messages_in: float
    messages_out: float
    bytes_in: float
    bytes_out: float
    statements: float
    rows: float
    database_ms: float
    blocked_ms: float
    close_codes: dict[int, int] = msgspec.field(default_factory=dict)


class RouteMemory(Value, frozen=True, kw_only=True):
    """The request of one route that had the most allocated at once, in bytes above what there was when it began.

    `alone` of the route's `requests` could be measured: the others ran at the same time as another. `path` and `line` are the
    service's line that held most of it, `line_bytes`; empty where that was not seen, or was no line of the service.
    """

    route: str
    requests: int
    alone: int
    peak_bytes: int
    path: str = ""
    line: int = 0
    line_bytes: int = 0


class FileReads(Value, frozen=True, kw_only=True):
    """How often requests opened one file to read it, at one line of the service, with its size in bytes when it was largest.

    `reads` in so many `requests`, `most` of them in one; `on_loop` of them stopped the event loop. `file` is relative to the
    project; of one outside it is `*`, its ending and a hash.
    """

    file: str
    path: str
    line: int
    reads: int
    requests: int
    most: int
    bytes: int
    on_loop: int


class CacheSummary(Value, frozen=True, kw_only=True):
    """What a function under `functools.lru_cache` or `cache` answered from memory over the whole run, imports and tests included.

    With the `kind` `cashews` it is one that cashews caches, for the requests of one `route`, empty where it was called beside them; with
    `redis` the commands that looked up keys of one shape at one line, and found them or not. Of both nobody knows how much is held.

    Hits and misses are of all its `caches`: each process has one, and each time that a decorated function is made anew. `size`
    is how many answers the fullest one held in the end, `maxsize` how many it may hold; None stands for any number.
    """

    name: str
    path: str
    line: int
    caches: int
    hits: int
    misses: int
    size: int
    maxsize: int | None = None
    kind: str = "functools"
    route: str = ""


class PoolRoute(Value, frozen=True, kw_only=True):
    """What one route holds of a pool: `held_ms` is how long a request has connections of it, as a mean; of two at once both count.

    `waited` of the `requests` had to wait for one, `wait_ms` each of them on average. `at_once` is how many one request held together
    at most. By Little's law all connections of a process are taken at `full_per_s` such requests a second; None where a pool has no limit.
    """

    route: str
    requests: int
    held_ms: float
    at_once: int
    waited: int = 0
    wait_ms: float = 0
    full_per_s: float | None = None


class PoolSummary(Value, frozen=True, kw_only=True):
    """A pool of connections that requests used, and how it is set: `size` stay open and `overflow` more may be; None is any number.

    `path` and `line` are where the service makes it, empty where that is not its own code. `workers` processes serve, as the file
    `workers_at` says, and each has such a pool; 0 where none says so. `server_limit` is how many connections the server that was
    measured takes, None where that is not known.
    """

    kind: str
    system: str
    routes: tuple[PoolRoute, ...]
    size: int | None = None
    overflow: int | None = None
    timeout_s: float = 0
    path: str = ""
    line: int = 0
    workers: int = 0
    workers_at: str = ""
    server_limit: int | None = None
    held_ms: float = 0
    """What a reading request holds on average, whether or not it uses the pool: times the rate, that many connections are needed."""

    @property
    def connections(self) -> int | None:
        """How many a process may have."""
        return None if self.size is None or self.overflow is None else self.size + self.overflow


class WaterfallStep(Value, frozen=True, kw_only=True):
    """One step of a request: ms from its start, and how long; `times` is how often the same came right after itself.

    `kind` is that of a phase; `path` and `line` name the code that it stands for or that sent it, if it is the service's.
    `after_ms` of it were after the request's answer had been sent, which the request's own time ends with.
    """

    name: str
    kind: str
    start_ms: float
    ms: float
    after_ms: float = 0
    times: int = 1
    path: str = ""
    line: int = 0


class Waterfall(Value, frozen=True, kw_only=True):
    """One request, step by step; `test` is the test that sent it, empty where none did."""

    route: str
    ms: float
    status: int
    test: str = ""
    steps: tuple[WaterfallStep, ...] = ()
    shorter: int = 0
    """Steps that are left out, the shortest ones, and how many ms they are together."""
    shorter_ms: float = 0


class FilledTable(Value, frozen=True, kw_only=True):
    """Rows of a table before and after it was filled, and how many it was to have."""

    name: str
    before: int
    after: int
    wanted: int


class FilledDatabase(Value, frozen=True, kw_only=True):
    """A copy that was filled and is kept. `url` names it without its password, or is the path of the file."""

    url: str
    tables: tuple[FilledTable, ...]
    created: bool = False
    """Whether the tables had to be made, by the service's own metadata."""


class Growth(Value, frozen=True, kw_only=True):
    """The same requests with less data: tables that grow had `small` rows, and in the run that is reported `large`.

    `routes` are the figures with the fewer rows and `larger` those with more, both of the requests that were answered with
    the same status each time. `otherwise` is how many were answered with another one, and are in neither.
    """

    small: int
    large: int
    routes: tuple[RouteSummary, ...]
    larger: tuple[RouteSummary, ...] = ()
    otherwise: int = 0


class ServedRun(Value, frozen=True, kw_only=True):
    """Requests to the app under uvicorn, as a client on the same machine saw them, and what the server took for them.

    `kind` is `in order` (each request once, one after the other) or `at a rate` (those that read, `wanted_per_s` a second
    whether or not answers came; times count from when a request was due). `failed` are those without an answer or with a
    5xx. `cpu_ms` is the server's CPU time per request, `cores` how many were busy on average; memory is resident, in MB.
    """

    kind: str
    requests: int
    failed: int
    seconds: float
    p50_ms: float
    p95_ms: float
    p99_ms: float
    cpu_ms: float
    cores: float
    memory_start_mb: float
    memory_peak_mb: float
    memory_end_mb: float
    wanted_per_s: float = 0
    workload: str = ""
    """Whose requests they were, where there was more than one workload."""


class RouteCoverage(Value, frozen=True, kw_only=True):
    """Which of the routes of the app's OpenAPI document a run has shown: `declared` is how many there are.

    `uncalled` were sent no request. `refused` were, but never answered below 400: little of their code ran.
    """

    declared: int
    uncalled: tuple[str, ...] = ()
    refused: tuple[str, ...] = ()


class WorkloadSummary(Value, frozen=True, kw_only=True):
    """What one workload gave to a run: its requests, connections included, those that ended in an error of the service, those
    refused with 4xx, and of how many routes they were. `alone` are routes that no other workload of the run called.

    `kind` is tests, recorded or generated.
    """

    name: str
    kind: str
    requests: int
    errors: int
    refused: int
    routes: int
    alone: tuple[str, ...] = ()


class RouteTraffic(Value, frozen=True, kw_only=True):
    """How often an access log asks one route: `requests` of which `refused` were answered 4xx.

    `share` is its part, from 0 to 1, of all that routes answered otherwise. `called` says that the run has called it too.
    """

    route: str
    requests: int
    refused: int
    share: float
    called: bool = True


class Elsewhere(Value, frozen=True, kw_only=True):
    """Requests of an access log that no route takes: their method and the shape of their path, and how many were refused."""

    shape: str
    requests: int
    refused: int


class Traffic(Value, frozen=True, kw_only=True):
    """What access logs say of the routes, those asked most first.

    `lines` were looked at, `requests` are in them; `unread` are lines that hold none in a format that is known, the first of
    them `first_unread`. `prefix` was taken off the paths, which have it from whatever stands before the service. Of
    `elsewhere` the shapes asked most are told, `elsewhere_requests` are all of them.
    """

    files: tuple[str, ...]
    lines: int
    requests: int
    unread: int = 0
    first_unread: int = 0
    prefix: str = ""
    routes: tuple[RouteTraffic, ...] = ()
    elsewhere: tuple[Elsewhere, ...] = ()
    elsewhere_requests: int = 0

    def answered(self) -> dict[str, int]:
        """By route, the requests that were not refused: what its time is to be multiplied with."""
        return {each.route: each.requests - each.refused for each in self.routes}


class MeasuredRun(Value, frozen=True, kw_only=True):
    """The figures of a run that was kept. `id` names it, `measured_at` is in ISO 8601; of a report's file the one is its path, the other empty.

    `workloads` made the service answer, empty where that was not kept; `rows` is how many rows tables were filled to, if they were.
    """

    id: str
    measured_at: str
    routes: tuple[RouteSummary, ...]
    workloads: tuple[WorkloadSummary, ...] = ()
    rows: int | None = None


class Passed(msgspec.Struct):
    """What passed: requests that were kept, and what was not, by why."""

    requests: int = 0
    connections: int = 0
    """WebSockets, which are passed on and cannot be sent again."""
    too_large: int = 0
    unreadable: int = 0
    """Connections on which something else than HTTP/1.1 came."""
    unreachable: int = 0


class Recorded(msgspec.Struct, frozen=True, kw_only=True):
    """What a recording holds: requests by route or, where no route of the project takes them, by the shape of their path.

    `known` are the routes that the project was read to have.
    """

    file: Path
    routes: Mapping[str, int]
    elsewhere: Mapping[str, int]
    known: tuple[str, ...]
    passed: Passed
    changing: int = 0
    """How many requests were such as may change data."""

    @property
    def uncalled(self) -> tuple[str, ...]:
        """The project's routes that nobody called."""
        return tuple(route for route in self.known if route not in self.routes)
