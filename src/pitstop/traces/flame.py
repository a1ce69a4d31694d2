"""Where the time of each route went, as a flame graph: a file for speedscope (https://www.speedscope.app), which reads it in the browser."""

from __future__ import annotations

import msgspec

from pitstop.traces.records import Frame
from pitstop.traces.store import Traces

_SCHEMA = "https://www.speedscope.app/file-format-schema.json"
_QUERY = """
SELECT route, "pitstop.phase", name, "code.file.path", "code.line.number", "code.function.name", stack_id,
       coalesce("db.query.text", ''), "url.full", "db.system.name", sum("pitstop.own_nano")
FROM spans
JOIN routes USING (route_id)
LEFT JOIN fingerprints ON fingerprints.fingerprint_id = spans.fingerprint_id
WHERE "pitstop.phase" <> ''
GROUP BY ALL HAVING sum("pitstop.own_nano") > 0
ORDER BY route, 11 DESC
"""
_LONGEST = 120
"""Characters of a statement that a box may hold."""


class _Frames:
    """The boxes of all graphs, each once."""

    def __init__(self) -> None:
        self.made: list[dict[str, str | int]] = []
        self._numbers: dict[tuple[str, str], int] = {}

    def number(self, name: str, file: str = "", line: int = 0) -> int:
        """The number of a box; a function is one box, whichever of its lines runs."""
        key = (name, file)
        if key not in self._numbers:
            self._numbers[key] = len(self.made)
            place: dict[str, str | int] = {"file": file, "line": line} if file else {}
            self.made.append({"name": name, **place})
        return self._numbers[key]


def flame_graphs(traces: Traces) -> bytes:
    """A speedscope file with a graph for each route, in nanoseconds over all of its requests, the dearest route first."""
    frames = _Frames()
    graphs: dict[str, list[tuple[list[int], int]]] = {}
    for route, phase, name, file, line, function, stack, statement, url, system, own in traces.sql(_QUERY):
        ways = [
            frames.number(_short(each.function), each.path, each.line)
            for each in _outermost_first(traces, stack)
        ]
        if statement:
            leaf = frames.number(" ".join(str(statement).split())[:_LONGEST])
        elif url:
            leaf = frames.number(f"{name} {url}")
        elif system:
            leaf = frames.number(str(name))
        elif function and not stack:
            leaf = frames.number(_short(function) if phase == "handler" else str(name), file, line)
        else:
            leaf = frames.number(str(phase))
        graphs.setdefault(str(route), []).append(([*ways, leaf], int(own)))
    ordered = sorted(graphs.items(), key=lambda graph: -sum(weight for _, weight in graph[1]))
    profiles = [
        {
            "type": "sampled",
            "name": route,
            "unit": "nanoseconds",
            "startValue": 0,
            "endValue": sum(weight for _, weight in samples),
            "samples": [stack for stack, _ in samples],
            "weights": [weight for _, weight in samples],
        }
        for route, samples in ordered
    ]
    return msgspec.json.encode(
        {"$schema": _SCHEMA, "exporter": "pitstop", "shared": {"frames": frames.made}, "profiles": profiles}
    )


def _outermost_first(traces: Traces, stack: int) -> list[Frame]:
    return list(reversed(traces.frames(stack))) if stack else []


def _short(function: str) -> str:
    """A function's own name: stacks know no more, places the whole of it."""
    return function.rpartition(".")[2]
