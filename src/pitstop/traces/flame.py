"""Where the time of each route went, as flame graphs: for a report, and as a file for speedscope (https://www.speedscope.app), which reads it in the browser."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

import msgspec

from pitstop.pictures import Flame, FlameBox
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
_SMALLEST = 0.002
"""The part of a route's time below which a box is too narrow to be drawn."""
_ROUTES = 40
_DEEP = 100


class _Box(NamedTuple):
    """A function is one box, whichever of its lines runs."""

    name: str
    file: str = ""


class _Stack(NamedTuple):
    """Boxes with the innermost last, the kind of phase that this was, and how long in ns over all requests of a route."""

    boxes: tuple[_Box, ...]
    kind: str
    own: int


class _Stacks(NamedTuple):
    by_route: dict[str, list[_Stack]]
    """The dearest route first."""
    lines: dict[_Box, int]


def flame_graphs(traces: Traces) -> bytes:
    """A speedscope file with a graph for each route, in nanoseconds over all of its requests, the dearest route first."""
    by_route, lines = _stacks(traces)
    numbers = {box: number for number, box in enumerate(lines)}
    profiles = [
        {
            "type": "sampled",
            "name": route,
            "unit": "nanoseconds",
            "startValue": 0,
            "endValue": sum(stack.own for stack in stacks),
            "samples": [[numbers[box] for box in stack.boxes] for stack in stacks],
            "weights": [stack.own for stack in stacks],
        }
        for route, stacks in by_route.items()
    ]
    frames = [
        {"name": box.name, **({"file": box.file, "line": line} if box.file else {})}
        for box, line in lines.items()
    ]
    return msgspec.json.encode(
        {"$schema": _SCHEMA, "exporter": "pitstop", "shared": {"frames": frames}, "profiles": profiles}
    )


def flames(traces: Traces) -> tuple[Flame, ...]:
    """The graphs of the dearest routes, in ms per request; what is too narrow to be drawn is left out."""
    counted = (
        "SELECT route, count(*) FROM spans JOIN routes USING (route_id) WHERE kind = 'server' GROUP BY ALL"
    )
    requests = {str(route): int(count) for route, count in traces.sql(counted)}
    by_route, lines = _stacks(traces)
    found = []
    for route, stacks in list(by_route.items())[:_ROUTES]:
        least = _SMALLEST * sum(stack.own for stack in stacks)
        boxes = tuple(_boxes(stacks, 0, least, requests[route] * 1e6, lines))
        found.append(Flame(route=route, requests=requests[route], boxes=boxes))
    return tuple(found)


def _boxes(
    stacks: list[_Stack], depth: int, least: float, per: float, lines: dict[_Box, int]
) -> Iterator[FlameBox]:
    """The boxes at one depth of stacks that are alike above it, the widest first."""
    alike: dict[_Box, list[_Stack]] = {}
    for stack in stacks:
        if len(stack.boxes) > depth < _DEEP:
            alike.setdefault(stack.boxes[depth], []).append(stack)
    for box, own in sorted(alike.items(), key=lambda each: -sum(stack.own for stack in each[1])):
        total = sum(stack.own for stack in own)
        if total < least:
            return
        kinds = {stack.kind for stack in own if len(stack.boxes) == depth + 1}
        yield FlameBox(
            name=box.name,
            ms=total / per,
            kind=kinds.pop() if len(kinds) == 1 else "",
            path=box.file,
            line=lines[box],
            inner=tuple(_boxes(own, depth + 1, least, per, lines)),
        )


def _stacks(traces: Traces) -> _Stacks:
    found: dict[str, list[_Stack]] = {}
    lines: dict[_Box, int] = {}
    for route, phase, name, file, line, function, stack, statement, url, system, own in traces.sql(_QUERY):
        boxes = []
        for each in _outermost_first(traces, stack):
            boxes.append(_Box(_short(each.function), each.path))
            lines.setdefault(boxes[-1], each.line)
        if statement:
            leaf = _Box(" ".join(str(statement).split())[:_LONGEST])
        elif url:
            leaf = _Box(f"{name} {url}")
        elif system:
            leaf = _Box(str(name))
        elif function and not stack:
            leaf = _Box(_short(function) if phase == "handler" else str(name), file)
        else:
            leaf = _Box(str(phase))
        lines.setdefault(leaf, line if leaf.file else 0)
        found.setdefault(str(route), []).append(_Stack((*boxes, leaf), str(phase), int(own)))
    ordered = sorted(found.items(), key=lambda graph: -sum(stack.own for stack in graph[1]))
    return _Stacks(dict(ordered), lines)


def _outermost_first(traces: Traces, stack: int) -> list[Frame]:
    return list(reversed(traces.frames(stack))) if stack else []


def _short(function: str) -> str:
    """A function's own name: stacks know no more, places the whole of it."""
    return function.rpartition(".")[2]
