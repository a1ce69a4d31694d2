"""Pools that had no connection left under the load that was sent, and pools that together may want more than their server takes."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from pitstop.data import Finding, TraceEvidence
from pitstop.problems.database.pool_misfit.rule import told
from pitstop.problems.engines import Engine, engines
from pitstop.problems.measured import covers
from pitstop.traces.records import Frame

if TYPE_CHECKING:
    from pitstop.project import Project
    from pitstop.traces.store import Row, Traces

_POOLS = 'SELECT pool_id, size, overflow, server_limit, "code.file.path", "code.line.number" FROM pools'
_LOADED = """
SELECT r.route, count(*), sum(CASE WHEN h.waited_nano > 0 THEN 1 ELSE 0 END), sum(h.waited_nano) / 1e6, sum(h.duration_nano) / 1e6
FROM holds h JOIN spans s ON s."pitstop.run" = h."pitstop.run" AND s."pitstop.exchange" = h."pitstop.exchange"
JOIN routes r ON r.route_id = s.route_id
WHERE h.pool_id = ? AND s.kind = 'server' AND s."pitstop.test" = '' AND s."http.request.method" <> 'WEBSOCKET'
GROUP BY r.route
"""
_SHARE = 0.05
"""Of the connections that were asked for, those that were waited for: fewer is what any burst does."""
_LEAST = 5
_WAIT_MS = 5.0


def detect(traces: Traces, project: Project) -> Iterator[Finding]:
    """What was measured of the pools whose engines the service makes."""
    known = list(engines(project, every=True))
    for pool, size, overflow, limit, path, line in traces.sql(_POOLS):
        engine = next((each for each in known if _stands(each, path, line)), None)
        if engine is None or size is None or overflow is None:
            continue
        evidence = list(_waits(traces.sql(_LOADED, [pool]), size + overflow))
        if evidence:
            said = f"all {size + overflow} connections of the engine's pool were taken under the load that was sent"
            yield told(engine, "exhausted", said, evidence)
        yield from _too_many(project, engine, size + overflow, limit)


def _stands(engine: Engine, path: str, line: int) -> bool:
    return covers(engine.module.location(engine.call), [Frame(path, line, "")])


def _waits(rows: list[Row], connections: int) -> Iterator[TraceEvidence]:
    """Where requests waited, the most of them first: not in tests, which may ask at once to see what happens."""
    taken, waited, ms = (sum(row[part] for row in rows) for part in (1, 2, 3))
    if waited < max(_LEAST, _SHARE * taken) or ms < _WAIT_MS * waited:
        return
    for route, times, waits, wait_ms, held_ms in sorted(rows, key=lambda row: -row[3]):
        if waits:
            said = (
                f"{route} waited {waits} of {times} times for a connection, {wait_ms / waits:.1f} ms each; it holds one for "
                f"{held_ms / times:.1f} ms, so {connections} are all taken at {connections / held_ms * times * 1000:.0f} a second"
            )
            figures = {
                "waits": float(waits), "duration_ms": round(wait_ms / waits, 3), "held_ms": round(held_ms / times, 3),
                "requests": float(times),
            }  # fmt: skip
            yield TraceEvidence(text=said, figures=figures, route=route)


def _too_many(project: Project, engine: Engine, connections: int, limit: int | None) -> Iterator[Finding]:
    """Processes whose pools may open more connections together than the server takes."""
    serving = project.deployment.serving
    if serving is None or limit is None or serving.workers * connections <= limit:
        return
    wanted = serving.workers * connections
    said = (
        f"{serving.workers} processes ({serving.path}:{serving.line}) with up to {connections} connections each may open {wanted}; the server "
        f"that was measured takes {limit}, and refuses the others"
    )
    evidence = TraceEvidence(text=said, figures={"wanted": float(wanted), "limit": float(limit)})
    yield told(
        engine,
        "too-many",
        f"the pools of all processes may open {wanted} connections, and the server takes {limit}",
        [evidence],
    )
