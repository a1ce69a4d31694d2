"""Event loops that fall silent while a request is under way, and the user's line they stood at.

While requests are in flight a loop beats: a timer on it notes the time. A thread looks at the beats; where one is late
it looks where the loop's thread stands, again and again until the loop beats again. A stack seen most often is the one
that is told. Time spent in garbage collection is not the line's fault and is subtracted. Whatever can be found out when a loop is
silent is not noted while it is not.
"""

from __future__ import annotations

import _thread
import gc
import sys
from collections import Counter, deque
from collections.abc import Callable
from types import FrameType, ModuleType
from typing import Any

from .real import Real, after_fork
from .request import Request
from .state import Probe
from .worker import Worker

SECOND = 1_000_000_000
MILLISECOND = 1_000_000
LINGER_NS = 50 * MILLISECOND
"""How long a loop goes on beating after its last request, so that the next need not start it again."""


class Sample:
    """Where a silent loop was seen. `worked`: the process had been computing since the thread last looked, for long."""

    __slots__ = ("at", "request", "stack", "worked")

    def __init__(self, at: int, stack: int, request: Request | None, worked: bool) -> None:
        self.at = at
        self.worked = worked
        self.stack = stack
        self.request = request


class Heart:
    """The beat of one loop."""

    __slots__ = (
        "_watchdog",
        "beaten",
        "beating",
        "busy",
        "ended",
        "last",
        "loop",
        "requests",
        "samples",
        "thread",
    )

    def __init__(self, watchdog: Watchdog, loop: Any) -> None:
        self._watchdog = watchdog
        self.loop = loop
        self.thread = _thread.get_ident()
        self.requests: list[Request] = []
        self.last = Real.perf_ns()
        """When the loop last beat."""
        self.ended = 0.0
        """When one of its requests last ended, in seconds."""
        self.beaten = self.ended
        """`ended`, as the loop last beat."""
        self.busy = self.last
        """When it was last seen to have requests."""
        self.beating = False
        self.samples: list[Sample] = []

    def start(self) -> None:
        """Beat from now on, until no request has been in flight for a while."""
        self.beating = True
        self.thread = _thread.get_ident()
        self.busy = Real.perf_ns()
        self._watchdog.hearts[id(self.loop)] = self
        self.loop.call_later(self._watchdog.interval, self._beat)

    def silent_since(self) -> int:
        """Since when there has been no sign of life. A loop without requests sleeps until the next one begins."""
        first = self.requests[:1]
        last = max(self.last, int(self.ended * SECOND))
        return max(last, first[0].start) if first else last

    def leave(self, request: Request) -> None:
        """A request is over; what silence there was until now is its, or another's."""
        if self.samples and _thread.get_ident() == self.thread:
            now = Real.perf_ns()
            self._watchdog.heard(self, now)
            self.last = now
        elif request.ended > self.ended:
            self.ended = request.ended
        self.requests.remove(request)

    def _beat(self) -> None:
        try:
            now = Real.perf_ns()
            self.thread = _thread.get_ident()
            if self.samples:
                self._watchdog.heard(self, now)
            if self.requests or self.ended != self.beaten:
                self.busy = now
            self.last = now
            self.beaten = self.ended
            if now - self.busy < LINGER_NS:
                self.loop.call_later(self._watchdog.interval, self._beat)
            else:
                self.beating = False
                if self._watchdog.latest is self:
                    self._watchdog.latest = None
                if self._watchdog.hearts.get(id(self.loop)) is self:  # a forked child has another
                    del self._watchdog.hearts[id(self.loop)]
        except Exception as error:
            self._watchdog.probe.fault("watchdog", error)


class Watchdog:
    """Listens to all hearts from a thread of its own."""

    def __init__(self, probe: Probe, milliseconds: float) -> None:
        self.probe = probe
        self.threshold = int(milliseconds * MILLISECOND)
        self.interval = milliseconds / 4000
        self.hearts: dict[int, Heart] = {}
        """Those that beat, by the id of their loop."""
        self.latest: Heart | None = None
        """One of them, that of the loop on which a request last began."""
        self.worker = Worker(self._watch)
        self._collecting = 0
        self._collections: deque[tuple[int, int]] = deque(maxlen=256)
        """Beginnings and ends of the latest collections of garbage."""
        self._cpu = 0.0
        """The process's time when the thread last looked, in seconds."""
        gc.callbacks.append(self._collection)

    def forked(self) -> None:
        """Begin anew in a forked child, where the thread is gone."""
        self.hearts = {}
        self.latest = None
        self.worker = Worker(self._watch)

    def _collection(self, phase: str, _info: dict[str, int]) -> None:
        if phase == "start":
            self._collecting = Real.perf_ns()
        elif self._collecting:
            self._collections.append((self._collecting, Real.perf_ns()))
            self._collecting = 0

    def enter(self, request: Request) -> Heart | None:
        """A request begins on the loop of this thread, whose heart beats from now on; None where there is no loop."""
        heart, loop = self.latest, self.probe.running_loop()
        if heart is None or heart.loop is not loop:
            if loop is None:
                return None
            heart = self._heart_of(loop)
        heart.requests.append(request)
        if not heart.beating:
            heart.start()
        self.latest = heart
        if not self.worker.awake:
            self.worker.rouse()
        return heart

    def _heart_of(self, loop: Any) -> Heart:
        heart = self.hearts.get(id(loop))
        if heart is None or heart.loop is not loop:
            for key, other in self.hearts.copy().items():
                if other.loop.is_closed():
                    self.hearts.pop(key, None)
            heart = Heart(self, loop)
        return heart

    def heard(self, heart: Heart, now: int) -> None:
        """The loop is alive after a silence that the thread has looked into; what was it?"""
        start = heart.silent_since()
        collected = sum(end - max(begun, start) for begun, end in list(self._collections) if end > start)
        silent = now - start - collected
        samples, heart.samples = [sample for sample in heart.samples if sample.at >= start], []
        if silent < self.threshold or not heart.requests or not samples:
            return
        stack, times = Counter(sample.stack for sample in samples).most_common(1)[0]
        if not stack or 2 * times < len(samples):
            return  # it waited for events, as it should, or stood in code that is not the user's
        stood = [sample for sample in samples if sample.stack == stack]
        if stood[-1].at - stood[0].at < self.threshold // 2 and not any(sample.worked for sample in stood):
            return  # not seen to stand there, nor did it work: the machine had stopped the whole process
        request = stood[-1].request
        if request is None or request.closed:
            request = heart.requests[-1]
        request.blocks.append((max(start, request.start), silent, stack))

    def _watch(self) -> None:
        while True:
            try:
                now, cpu = Real.perf_ns(), Real.cpu() - self.probe.output.spent
                watched = self._watched()
                for heart, first in watched:
                    if now - heart.silent_since() > self.threshold // 2 and len(heart.samples) < 1000:
                        # Who holds the interpreter in a long call keeps this thread from looking, and computes meanwhile.
                        since = max(self._cpu, first.cpu)
                        self._look(heart, worked=(cpu - since) * SECOND > self.threshold // 2)
                self._cpu = cpu
                if not watched and not self.worker.doze(self._watched):
                    return
            except Exception as error:
                self.probe.fault("watchdog", error)
            Real.sleep(self.interval)

    def _watched(self) -> list[tuple[Heart, Request]]:
        """The hearts of loops with requests, each with its first."""
        return [(heart, first) for heart in list(self.hearts.values()) for first in heart.requests[:1]]

    def _look(self, heart: Heart, worked: bool) -> None:
        frame = sys._current_frames().get(heart.thread)
        if frame is None:
            return
        at = Real.perf_ns()
        stack = self.probe.stacks.here(frame)
        heart.samples.append(Sample(at, stack, self._request_of(frame) if stack else None, worked))

    def _request_of(self, frame: FrameType | None) -> Request | None:
        """The request in whose entry a thread stands."""
        while frame is not None:
            if self.probe.stacks.is_border(frame.f_code):
                found: Request | None = frame.f_locals.get("request")
                return found
            frame = frame.f_back
        return None


def install(probe: Probe, _after: Callable[[str, Callable[[ModuleType], None]], None]) -> None:
    """Watch the loops where the host asked for it."""
    if probe.config.watchdog_ms:
        watchdog = probe.watchdog = Watchdog(probe, probe.config.watchdog_ms)
        after_fork(watchdog.forked)
