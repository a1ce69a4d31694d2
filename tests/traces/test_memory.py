"""Peaks of requests as those of their routes."""

from __future__ import annotations

from pitstop.traces.memory import allocated
from pitstop.traces.records import Exchange, Memory, Run
from pitstop.traces.store import Traces


def request(number: int, route: str, memory: Memory | None) -> Exchange:
    return Exchange(key=f"t#{number}", method="GET", path="/x", route=route, memory=memory)


def test_the_highest_of_each_route() -> None:
    high = Memory(peak_bytes=900, path="a.py", line=3, line_bytes=700)
    run = Run(
        exchanges=(
            request(1, "/low", Memory(peak_bytes=10)),
            request(2, "/high", Memory(peak_bytes=100, path="b.py", line=1)),
            request(3, "/high", high),
            request(4, "/high", None),
            request(5, "/crowded", None),
            Exchange(key="t#6", method="WEBSOCKET", path="/ws", memory=high),
        )
    )
    first, second = allocated(run)
    assert (first.route, first.requests, first.alone, first.peak_bytes) == ("GET /high", 3, 2, 900)
    assert (first.path, first.line, first.line_bytes) == ("a.py", 3, 700)
    assert (second.route, second.alone, second.path) == ("GET /low", 1, "")
    with Traces.load(run) as traces:
        peaks = traces.sql("SELECT \"pitstop.peak_bytes\" FROM spans WHERE kind = 'server' ORDER BY span_id")
    assert [peak for (peak,) in peaks] == [10, 100, 900, None, None, 900]
