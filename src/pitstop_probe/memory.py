"""How much memory a request takes above what there was when it began, and the user's line that allocated most of it.

Stands on `tracemalloc`, which makes what allocates much ten to fifty times slower, so only where the host asks for it. All
traces are forgotten as a request begins: what is traced from then on is the request's, as long as no other one runs.
What is freed again cannot be looked at later. So a thread looks at where memory was allocated each time that there is
clearly more of it than ever before, and the request is looked at once more as its answer begins.
"""

from __future__ import annotations

import _tracemalloc  # `tracemalloc.Snapshot` makes objects of each block, at thirty times the price
import tracemalloc
from collections import defaultdict
from collections.abc import Awaitable
from typing import Any

from .asgi import Call, Receive, Recorder, Send
from .real import Real, after_fork
from .request import Message, Request, current
from .state import Probe
from .worker import Worker

FRAMES = 12
"""How far up from an allocation the user's line is looked for; each costs time at every allocation."""
SMALL = 128 * 1024
"""Less than this is not worth a look."""
HIGHER = 1.5
PAUSE_SECONDS = 0.002

Line = tuple[str, int]
Frames = tuple[Line, ...]
"""File and line of each frame above an allocation, innermost first."""


class Peak:
    """What is known of the memory of one request: the line that held most when there was most, as far as was seen."""

    __slots__ = ("connections", "highest", "line", "request", "seen", "size")

    def __init__(self, request: Request, connections: int) -> None:
        self.request = request
        self.connections = connections
        """How many connections there had been when it began."""
        self.highest = 0
        """The most bytes until it was last looked at."""
        self.seen = 0
        """How many there were then."""
        self.line: Line = ("", 0)
        self.size = 0


class MemoryRecorder(Recorder):
    """Measures requests that run alone besides recording them."""

    def __init__(self, probe: Probe) -> None:
        super().__init__(probe)
        self._running: set[int] = set()
        self._alone: Peak | None = None
        self._started = False
        self._usable = True
        self._border = Recorder.wrap_app.__code__.co_filename
        self._worker = Worker(self._watch)
        after_fork(self._forked)
        if tracemalloc.is_tracing():
            self._give_up("the service traces its memory itself")

    def _forked(self) -> None:
        self._worker = Worker(self._watch)
        self._running.clear()
        self._alone = None
        self._probe.output.paused = False

    def _give_up(self, why: str) -> None:
        self._usable = False
        self._probe.fault("memory", RuntimeError(why))

    def inner(self, original: Call) -> Call:
        """What runs an app for a request; where it is the only one, its memory counts from there."""

        async def run(app: Any, scope: Any, receive: Receive, send: Send) -> None:
            request = current()
            peak = self._begin(request)
            self._running.add(id(request))
            self._alone = peak
            self._probe.output.paused = peak is not None
            try:
                await original(app, scope, receive, send if peak is None else self._noticing(send))
            finally:
                self._end(request, peak)

        return run

    def _begin(self, request: Any) -> Peak | None:
        try:
            if self._usable and not self._running and not self._connections.open and self._forget():
                if not self._worker.awake:
                    self._worker.rouse()
                return Peak(request, self._connections.begun)
        except Exception as error:
            self._probe.fault("memory", error)
        return None

    def _forget(self) -> bool:
        """Begin from nothing; whether that can be done."""
        if not self._started:
            self._started = True
            tracemalloc.start(FRAMES)
        elif not tracemalloc.is_tracing():
            self._give_up("the service has stopped the tracing of its memory")
            return False
        output = self._probe.output
        output.paused = True  # to encode the bodies of others takes several times their size
        output.flush()
        tracemalloc.clear_traces()
        return True

    def _noticing(self, send: Send) -> Send:
        def sent(message: Message) -> Awaitable[None]:
            if message["type"] == "http.response.start":
                self._look()
            return send(message)

        return sent

    def _end(self, request: Any, peak: Peak | None) -> None:
        """What a request that was alone took at most goes into its record."""
        self._running.discard(id(request))
        alone = peak is not None and self._alone is peak
        self._alone = None
        self._probe.output.paused = False
        try:
            if peak is not None and alone and tracemalloc.is_tracing():
                peak.highest = max(peak.highest, tracemalloc.get_traced_memory()[1])
                if peak.connections == self._connections.begun:
                    _note(request, peak)
        except Exception as error:
            self._probe.fault("memory", error)

    def _watch(self) -> None:
        while True:
            self._look()
            if self._alone is None and not self._worker.doze(lambda: self._alone):
                return
            Real.sleep(PAUSE_SECONDS)

    def _look(self) -> None:
        """See which line holds most, if there is clearly more than when it was last seen."""
        peak = self._alone
        try:
            if peak is None or not tracemalloc.is_tracing():
                return
            held, highest = tracemalloc.get_traced_memory()
            if held < max(SMALL, HIGHER * peak.seen):
                return
            peak.highest = max(peak.highest, highest)
            traces: Any = _tracemalloc._get_traces()
            if self._alone is peak:  # else these may be those of the next request
                self._weigh(peak, held, traces)
                tracemalloc.reset_peak()  # what was needed to look is not the request's
        except Exception as error:
            self._probe.fault("memory", error)

    def _weigh(self, peak: Peak, held: int, traces: list[tuple[int, int, Frames, int]]) -> None:
        # Blocks of one place share one tuple of frames, so that its id tells it, for a tenth of what its hash takes.
        sizes: dict[int, int] = defaultdict(int)
        places: dict[int, Frames] = {}
        for _, size, frames, _ in traces:
            sizes[id(frames)] += size
            places[id(frames)] = frames
        lines: dict[Line, int] = defaultdict(int)
        for number, frames in places.items():
            line = self._line(frames)
            if line is not None:
                lines[line] += sizes[number]
        peak.seen = held
        peak.line, peak.size = max(lines.items(), key=lambda item: (item[1], item[0]), default=(("", 0), 0))

    def _line(self, frames: Frames) -> Line | None:
        """The innermost line of the user's within the app."""
        path_of = self._probe.stacks.path
        for filename, line in frames:
            if filename == self._border:
                return None
            path = path_of(filename)
            if path:
                return path, line
        return None


def _note(request: Request, peak: Peak) -> None:
    """Put into the request's record what it took; the line only if it was seen when there was about the most."""
    request.plain = False
    request.memory = {"peak_bytes": peak.highest}
    if peak.line[0] and 3 * peak.seen >= peak.highest:
        request.memory.update(path=peak.line[0], line=peak.line[1], line_bytes=peak.size)
