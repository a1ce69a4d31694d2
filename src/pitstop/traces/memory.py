"""What the routes of a run allocate."""

from __future__ import annotations

from collections import defaultdict

from pitstop.measures import RouteMemory
from pitstop.traces.records import Exchange, Memory, Run


def allocated(run: Run) -> tuple[RouteMemory, ...]:
    """The highest peak of each route with a request that was measured, the highest first."""
    routes: dict[str, list[Exchange]] = defaultdict(list)
    for exchange in run.requests:
        routes[exchange.endpoint].append(exchange)
    found = [_of(route, exchanges) for route, exchanges in routes.items()]
    return tuple(
        sorted((each for each in found if each.alone), key=lambda each: (-each.peak_bytes, each.route))
    )


def _of(route: str, exchanges: list[Exchange]) -> RouteMemory:
    measured = [exchange.memory for exchange in exchanges if exchange.memory is not None]
    most = max(measured, key=lambda memory: memory.peak_bytes, default=Memory(peak_bytes=0))
    return RouteMemory(
        route=route,
        requests=len(exchanges),
        alone=len(measured),
        peak_bytes=most.peak_bytes,
        path=most.path,
        line=most.line,
        line_bytes=most.line_bytes,
    )
