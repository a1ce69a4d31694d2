"""Requests sent to the app as it serves under uvicorn: figures as a client has them, CPU and memory of the server."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import msgspec

from pitstop.data import Skipped
from pitstop.measures import ServedRun
from pitstop.target.model import Target
from pitstop.target.usage import Meter
from pitstop.workload.launched import ProbeSettings
from pitstop.workload.loopback import Answer, send_at_rate, send_in_order
from pitstop.workload.model import Driven, Progress, Replay
from pitstop.workload.recorded import Request, read_requests
from pitstop.workload.server import Server

_READING = frozenset({"GET", "HEAD"})
_MB = 1 << 20


class Load(msgspec.Struct, frozen=True, kw_only=True):
    """Requests to be sent besides: so many a second, for so many seconds."""

    rate: float
    seconds: float


def serve(
    workload: Replay,
    target: Target,
    workspace_path: Path,
    probe: ProbeSettings,
    *,
    environment: Mapping[str, str] | None = None,
    database: str | None = None,
    timeout: float,
    load: Load | None = None,
    on_progress: Callable[[Progress], None] = lambda _: None,
) -> tuple[Driven, tuple[ServedRun, ...]]:
    """Serve the app, send it the requests in order, then those that read at a rate if a `load` is given.

    Raises TargetError when the app cannot be served, or ends by itself. `timeout` in seconds is for the start-up.
    """
    to_send = read_requests(workload.requests)
    probe = msgspec.structs.replace(probe, offline=workload.offline)
    skipped: list[Skipped] = []
    server = Server(
        target, workspace_path, probe, environment=environment, database=database, timeout_s=timeout
    )
    with server:
        parts = [
            _measured(
                "in order",
                server,
                lambda: send_in_order(
                    server.port, to_send, lambda sent: on_progress(Progress(tests=0, requests=sent))
                ),
            )
        ]
        reading = [request for request in to_send if request.method in _READING]
        if load is not None and reading:
            parts.append(_loaded(server, reading, load))
        elif load is not None:
            reason = "none of the requests is a GET or HEAD: others change what the next ones find"
            skipped.append(Skipped(stage="measure", subject="--rate", reason=reason))
        server.require_alive()
        driven = server.finish()
    run = msgspec.structs.replace(driven.run, skipped=(*driven.run.skipped, *skipped))
    return msgspec.structs.replace(driven, run=run), tuple(parts)


def _loaded(server: Server, reading: Sequence[Request], load: Load) -> ServedRun:
    part = _measured(
        "at a rate",
        server,
        lambda: send_at_rate(server.port, reading, rate=load.rate, seconds=load.seconds),
    )
    return msgspec.structs.replace(part, wanted_per_s=load.rate)


def _measured(kind: str, server: Server, send: Callable[[], list[Answer]]) -> ServedRun:
    began = time.monotonic()
    with server.drained(), Meter(server.pid) as meter:
        answers = send()
        seconds = time.monotonic() - began
    usage = meter.usage
    p50, p95, p99 = _percentiles([answer.seconds * 1e3 for answer in answers])
    return ServedRun(
        kind=kind,
        requests=len(answers),
        failed=sum(answer.failed for answer in answers),
        seconds=seconds,
        p50_ms=p50,
        p95_ms=p95,
        p99_ms=p99,
        cpu_ms=usage.cpu_s * 1e3 / max(len(answers), 1),
        cores=usage.cpu_s / max(seconds, 1e-9),
        memory_start_mb=usage.memory_start / _MB,
        memory_peak_mb=usage.memory_peak / _MB,
        memory_end_mb=usage.memory_end / _MB,
    )


def _percentiles(values: list[float]) -> tuple[float, float, float]:
    if len(values) < 2:
        return (values[0],) * 3 if values else (0.0,) * 3
    cuts = statistics.quantiles(values, n=100, method="inclusive")
    return cuts[49], cuts[94], cuts[98]
