"""Moments of a request → its phases: how long each middleware, dependency, check, handler and so on took, and on its own."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Literal

from pitstop.traces.records import OutboundCall, Place, Run, Statement

Kind = Literal[
    "middleware",
    "routing",
    "body",
    "dependency",
    "validation",
    "handler",
    "serialisation",
    "response",
    "background",
    "thread wait",
    "connection wait",
    "connect",
    "database",
    "redis",
    "mongodb",
    "qdrant",
    "outbound HTTP",
    "garbage collection",
    "framework",
]
"""`body` is the reading and parsing of the request's, `response` what happens between the answer's first and last message, a
stream above all; `framework` what is left to FastAPI and Starlette themselves."""

_ROUTED = 1
_SOLVE, _CHECK, _CALL, _SERIALISE = 2, 4, 6, 8
_SUBMIT, _IN_THREAD, _OUT_OF_THREAD = 10, 11, 12
_BACKGROUND, _CLOSE, _ENTER, _SEND = 13, 15, 17, 19
_ANSWER = 21
_BUILT = 22
_LEAF = 23
_COLLECT = 24
_FILLED = 26
_PAIRS = {_COLLECT: 25, _SOLVE: 3, _CHECK: 5, _BACKGROUND: 14, _CLOSE: 16, _ENTER: 18, _SEND: 20}
_CODE = 31
_SHIFT = 5
_MOST = 4000
"""As many numbers as the probe keeps of one request; where there are more, phases are not told."""


@dataclass(slots=True)
class Phase:
    """One stretch of a request, in nanoseconds from its start; `own_ns` is what no phase within it accounts for."""

    kind: Kind
    start_ns: int
    end_ns: int
    place: Place | None = None
    own_ns: int = 0
    sequence: int = -1
    """Of `database`, the stores and `outbound HTTP`: which of the exchange's statements, commands or calls it is."""
    stack: int = 0
    """Of what waits for a connection: where it stood."""

    @property
    def name(self) -> str:
        """What it is called in a table: `dependency get_db`."""
        return f"{self.kind} {self.place.name}" if self.place is not None and self.place.name else self.kind


@dataclass(slots=True)
class _Interval:
    """Something that began and ended; `within` are those of its code that lie in it."""

    code: int
    place: int
    start: int
    end: int
    within: list[_Interval] = field(default_factory=list)


def phases_of(run: Run, position: int) -> tuple[Phase, ...]:
    """The phases of the exchange at `position`, in the order in which they begin; none where they were not noted, or are too many.

    Their own times add up to what the request took, background tasks included; of what runs at once, what began last has the time.
    """
    moments = _moments(run, position)
    return tuple(_Reading(moments, run, position).phases()) if moments else ()


@dataclass(frozen=True, slots=True)
class Layer:
    """One middleware that a request came to, in nanoseconds from its start; without a name it is the app itself."""

    name: str
    start_ns: int
    end_ns: int


def layers_of(run: Run, position: int) -> tuple[Layer, ...]:
    """The middleware that the exchange at `position` came to, outermost first, and then the app if it came to it."""
    moments = _moments(run, position)
    found = _Reading(moments, run, position).layers() if moments else ()
    return tuple(Layer(place.name if place is not None else "", start, end) for place, start, end in found)


def thread_uses(run: Run, position: int) -> tuple[tuple[int, int, int], ...]:
    """When the exchange at `position` asked for a thread, had it, and gave it back, in nanoseconds from its start.

    Of several threads at once the first that began is the first that ended: how many there are is right at each moment.
    """
    asked: dict[int, list[int]] = {_SUBMIT: [], _IN_THREAD: [], _OUT_OF_THREAD: []}
    for at, code, _ in _moments(run, position):
        if code in asked:
            asked[code].append(at)
    return tuple(zip(*asked.values(), strict=False))


def _moments(run: Run, position: int) -> list[tuple[int, int, int]]:
    """What passed, in order: when, the code and the place; nothing where too much passed to be kept."""
    exchange = run.exchanges[position]
    numbers = exchange.moments
    if len(numbers) > _MOST:
        return []
    ordered = sorted((numbers[n + 1] - exchange.origin, n, numbers[n]) for n in range(0, len(numbers), 2))
    return [(at, what & _CODE, what >> _SHIFT) for at, _, what in ordered]


def untold(run: Run) -> int:
    """How many requests have no phases because more passed in them than the probe keeps."""
    return sum(len(exchange.moments) > _MOST for exchange in run.exchanges)


class _Reading:
    """The moments of one request, as intervals."""

    def __init__(self, moments: Sequence[tuple[int, int, int]], run: Run, position: int) -> None:
        self._moments = moments
        self._exchange = run.exchanges[position]
        self._places = run.places
        self._process = run.owners.get(position, 0)
        self._end = max([self._exchange.duration_ns, *(at for at, _, _ in moments)])
        self._intervals = self._paired()

    def _paired(self) -> dict[int, list[_Interval]]:
        """Intervals by their code, outermost first; one that never ended lasts until the request does."""
        found: dict[int, list[_Interval]] = {code: [] for code in _PAIRS}
        ends = {end: begin for begin, end in _PAIRS.items()}
        opened: dict[int, list[_Interval]] = {code: [] for code in _PAIRS}
        for at, code, place in self._moments:
            if code in _PAIRS:
                interval = _Interval(code, place, at, self._end)
                stack = opened[code]
                (stack[-1].within if stack else found[code]).append(interval)
                stack.append(interval)
            elif code in (_LEAF, _FILLED):
                solved = opened[_SOLVE][-1].within if opened[_SOLVE] else found[_SOLVE]
                if code == _LEAF:
                    solved.append(_Interval(_SOLVE, place, at, at))
                elif solved:
                    solved[-1].end = at
            elif code in ends:
                stack = opened[ends[code]]
                if stack:
                    stack.pop().end = at
        return found

    def _at(self, code: int) -> int | None:
        return next((at for at, found, _ in self._moments if found == code), None)

    def _phase(self, kind: Kind, start: int, end: int, place: int = 0) -> Phase:
        return Phase(kind, start, max(start, end), self._places.get((self._process, place)))

    def phases(self) -> list[Phase]:
        """All phases, each with its own time."""
        layers = self._layers()
        own = [self._phase("framework", 0, self._end), *self._around(layers)]
        # The first request waits until the app has put its middleware together.
        inner_start = layers[-1].start if layers else self._at(_BUILT) or 0
        routed = self._at(_ROUTED)
        solves = self._intervals[_SOLVE]
        if routed is not None:
            own.append(self._phase("routing", inner_start, routed))
            if solves:
                own.append(self._phase("body", routed, solves[0].start))
        own.extend(phase for solve in solves[:1] for phase in self._solved(solve))
        own.extend(self._phase("validation", each.start, each.end) for each in _flat(self._intervals[_CHECK]))
        own.extend(self._answered(layers))
        own.extend(
            self._phase("background", each.start, each.end, each.place)
            for each in self._intervals[_BACKGROUND]
        )
        own.extend(
            self._phase("dependency", each.start, each.end, each.place)
            for each in _flat(self._intervals[_CLOSE])
        )
        own.extend(
            self._phase("garbage collection", each.start, each.end) for each in self._intervals[_COLLECT]
        )
        own.extend(self._waits())
        own.extend(self._calls())
        _settle(own)
        return sorted((phase for phase in own if phase.own_ns > 0), key=lambda phase: phase.start_ns)

    def _solved(self, solve: _Interval) -> Iterator[Phase]:
        """The dependencies that one call of `solve_dependencies` ran: each between what it needed and what comes next."""
        checks = sorted(each.start for each in _flat(self._intervals[_CHECK]))
        for inner, after in pairwise([*solve.within, None]):
            assert inner is not None
            yield from self._solved(inner)
            end = after.start if after is not None else solve.end
            if after is None:
                end = next((at for at in checks if inner.end <= at < solve.end), end)
            yield self._phase("dependency", inner.end, end, inner.place)

    def _answered(self, layers: list[_Interval]) -> Iterator[Phase]:
        """The handler until serialisation or the answer begins, and that until the answer: its rendering comes last."""
        begun = next((each.start for each in self._sent(layers[-1])), None) if layers else self._at(_ANSWER)
        answer = self._end if begun is None else begun
        serialised = self._at(_SERIALISE)
        root = next((place for _, code, place in reversed(self._moments) if code == _ROUTED), 0)
        for at, code, place in self._moments:
            if code == _CALL:
                end = answer if serialised is None or serialised < at else serialised
                yield self._phase("handler", at, end, place or root)
            elif code == _SERIALISE:
                yield self._phase("serialisation", at, answer)
        if begun is not None:
            yield self._phase("response", begun, self._exchange.duration_ns)

    def _waits(self) -> Iterator[Phase]:
        """From the moment a function is handed to a thread until the thread has it; in both, the first comes first."""
        waiting: list[int] = []
        for at, code, _ in self._moments:
            if code == _SUBMIT:
                waiting.append(at)
            elif code == _IN_THREAD and waiting:
                yield self._phase("thread wait", waiting.pop(0), at)

    def _calls(self) -> Iterator[Phase]:
        sent: tuple[tuple[Kind, tuple[Statement | OutboundCall, ...]], ...] = (
            ("database", self._exchange.statements),
            ("outbound HTTP", self._exchange.calls),
        )
        waits: dict[str, Kind] = {"connection wait": "connection wait", "connect": "connect"}
        for wait in self._exchange.waits:
            if wait.kind in waits:
                start = wait.start_ns
                yield Phase(waits[wait.kind], start, start + wait.duration_ns, stack=wait.stack)
        for number, command in enumerate(self._exchange.commands):
            end = command.start_ns + command.duration_ns
            yield Phase(command.system, command.start_ns, end, sequence=number)
        for kind, calls in sent:
            for number, call in enumerate(calls):
                yield Phase(kind, call.start_ns, call.start_ns + call.duration_ns, sequence=number)

    def layers(self) -> Iterator[tuple[Place | None, int, int]]:
        """The layers that it came to: of whom, and from when to when."""
        for layer in self._layers():
            yield self._places.get((self._process, layer.place)), layer.start, layer.end

    # --- middleware --------------------------------------------------------------------------------------------------

    def _layers(self) -> list[_Interval]:
        """The layers around the app, outermost first; the last is the app itself."""
        found: list[_Interval] = []
        current = self._intervals[_ENTER]
        while current:
            found.append(current[0])
            current = current[0].within
        return found

    def _around(self, layers: list[_Interval]) -> Iterator[Phase]:
        """The middleware, and what each does as the answer passes: a layer sends into the middleware that stands around it."""
        for layer, inner in pairwise(layers):
            # Between the middleware of an app and those of one mounted in it stands the outer app itself.
            kind: Kind = "middleware" if layer.place else "framework"
            yield self._phase(kind, layer.start, layer.end, layer.place)
            for each in self._sent(inner):
                yield self._phase(kind, each.start, each.end, layer.place)
        if layers:
            app = layers[-1]
            yield self._phase("framework", app.start, app.end)
            yield from (self._phase("response", each.start, each.end) for each in self._sent(layers[0]))

    def _sent(self, layer: _Interval) -> Iterator[_Interval]:
        return (each for each in _flat(self._intervals[_SEND]) if each.place == layer.place)


def _flat(intervals: Iterable[_Interval]) -> Iterator[_Interval]:
    for interval in intervals:
        yield interval
        yield from _flat(interval.within)


def _settle(phases: list[Phase]) -> None:
    """Give each phase its own time: every moment belongs to the innermost phase, which is the one that began last."""
    edges = sorted({at for phase in phases for at in (phase.start_ns, phase.end_ns)})
    ordered = sorted(range(len(phases)), key=lambda n: (phases[n].start_ns, -phases[n].end_ns, n))
    active: list[int] = []
    upcoming = 0
    for start, end in pairwise(edges):
        while upcoming < len(ordered) and phases[ordered[upcoming]].start_ns <= start:
            active.append(ordered[upcoming])
            upcoming += 1
        while active and phases[active[-1]].end_ns <= start:
            active.pop()
        if active:
            phases[active[-1]].own_ns += end - start
