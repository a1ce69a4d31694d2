"""A clock that is the same in each run.

It stands still within a request but for a microsecond at each `datetime.now`; each request starts at its own second. Who
sleeps moves it on by the length of the sleep. After 1 000 readings in one request it moves again with real time, so
that no waiting loop hangs.
"""

from __future__ import annotations

import ctypes
import datetime
import functools
import gc
import time
from collections.abc import Callable
from types import ModuleType
from typing import Any

from .chance import Chance, settle_uuid
from .real import Real
from .request import CURRENT
from .state import Probe

SECOND = 1_000_000_000
STEP = 1_000
FREE_AFTER = 1_000
POLLING_SECONDS = 0.5
"""Outside of requests, shorter sleeps on a loop are some background task's polling: they do not move the clock."""


class Moment:
    """Where the clock stands for one request, or for what runs between two."""

    __slots__ = ("free_since", "now", "readings", "start")

    def __init__(self, start: int) -> None:
        self.start = start
        self.now = start
        self.readings = 0
        self.free_since = 0

    def read(self) -> int:
        """Nanoseconds since the epoch."""
        self.readings += 1
        if self.readings <= FREE_AFTER:
            return self.now
        if not self.free_since:
            self.free_since = Real.perf_ns()
        return self.now + Real.perf_ns() - self.free_since

    def step(self) -> int:
        """As `read`, and a microsecond later each time."""
        self.now += STEP
        return self.read()


class Clock:
    """Time and chance of a deterministic run."""

    def __init__(self, seed: int, epoch: int | None) -> None:
        if epoch is None:
            epoch = int(Real.seconds()) // 86400 * 86400
        self.chance = Chance(seed)
        self.latest = float(epoch)
        """The second of the latest request or test: each that begins moves it to the next one."""
        self._outside = Moment(epoch * SECOND)
        self._seen = self.latest
        """`_latest` when time outside of requests was last looked at."""

    def begin(self, key: str) -> None:
        """A test begins or ends."""
        self.chance.begin(key)
        self.latest = self._seen = self.latest + 1
        self._outside = Moment(int(self.latest) * SECOND)

    def _moved(self) -> None:
        """The time outside of requests has moved: what begins from now on is later. Seldom, where each request would have to look."""
        second = float(self._outside.now // SECOND)
        if second > self.latest:
            self.latest = self._seen = second

    def after_request(self, moment: Moment) -> None:
        """A request that has looked at the clock is over; it may have moved it far."""
        self._outside.now = max(self._outside.now, moment.now + SECOND // 2)
        self._moved()

    def between(self) -> Moment:
        """Half a second after the latest request is the time for all that runs outside of requests, or longer than one."""
        outside, latest = self._outside, self.latest
        if self._seen != latest:
            self._seen = latest
            outside.now = max(outside.now, int(latest) * SECOND + SECOND // 2)
            outside.readings = outside.free_since = 0
        self._moved()
        return outside

    def moment(self) -> Moment:
        """The moment of the running code; that of a request is made when it first looks at the clock."""
        request = CURRENT.get()
        if request is None or request.lasting:
            return self.between()
        found: Moment | None = request.moment
        if found is None:
            # two threads that look at once must see one clock
            request.plain = False
            found = request.moment = request.__dict__.setdefault(
                "first_moment", Moment(int(request.started) * SECOND)
            )
        return found

    def time_ns(self) -> int:
        """In place of `time.time_ns`."""
        return self.moment().read()

    def time(self) -> float:
        """In place of `time.time`."""
        return self.moment().read() / SECOND

    def slept(self, seconds: float, polling: bool) -> None:
        """Somebody slept."""
        moment = self.moment()
        if moment is not self._outside or not polling:
            moment.now += int(seconds * SECOND)
            self._moved()


class Patches:
    """What is put in the place of functions of `time` and `datetime`, and how to take it back.

    None of the replacements is a plain function: as a class attribute (`converter = time.localtime`) it would become a
    method. Bound methods and instances do not.
    """

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._undo: list[Callable[[], None]] = []

    def install(self) -> None:
        """Patch `time`, `datetime` and the sleeps."""
        clock = self._clock
        self._set(time, "time", clock.time)
        self._set(time, "time_ns", clock.time_ns)
        self._set(time, "sleep", Sleep(clock))
        for name in ("gmtime", "localtime", "ctime"):
            self._set(time, name, OfSeconds(getattr(time, name), clock))
        self._set(time, "strftime", OfTuple(time.strftime, 1, clock))
        self._set(time, "asctime", OfTuple(time.asctime, 0, clock))
        if hasattr(time, "clock_gettime"):
            self._set(time, "clock_gettime", WallClock(time.clock_gettime, clock, 1 / SECOND))
            self._set(time, "clock_gettime_ns", WallClock(time.clock_gettime_ns, clock, 1))
        self._patch_types()

    def take_back(self) -> None:
        """Give `time` and `datetime` their own functions back."""
        while self._undo:
            self._undo.pop()()

    def _set(self, module: ModuleType, name: str, value: Any) -> None:
        before = getattr(module, name)
        setattr(module, name, value)
        self._undo.append(lambda: setattr(module, name, before))

    def _patch_types(self) -> None:
        clock = self._clock

        def now(cls: Any, tz: Any = None) -> Any:
            """Return the current date and time, in the given time zone or the local one."""
            return _at(cls, clock.moment().step(), tz)

        def utcnow(cls: Any) -> Any:
            """Return the current UTC date and time, without a time zone."""
            return _at(cls, clock.moment().step(), datetime.timezone.utc).replace(tzinfo=None)

        def today_and_now(cls: Any) -> Any:
            """Return the current local date and time."""
            return _at(cls, clock.moment().step(), None)

        def today(cls: Any) -> Any:
            """Return the current local date."""
            return cls.fromtimestamp(clock.moment().read() // SECOND)

        today_and_now.__name__ = "today"
        self._set_in_type(datetime.datetime, "now", now)
        self._set_in_type(datetime.datetime, "utcnow", utcnow)
        self._set_in_type(datetime.datetime, "today", today_and_now)
        self._set_in_type(datetime.date, "today", today)

    def _set_in_type(self, owner: type, name: str, function: Callable[..., Any]) -> None:
        """Write into the dict of a C type, so that the type stays the one that everybody has imported."""
        function.__annotations__.clear()  # as the original has none
        function.__qualname__ = f"{owner.__name__}.{function.__name__}"
        names = gc.get_referents(owner.__dict__)[0]
        before = names.get(name)

        def write(value: Any) -> None:
            if value is None:
                names.pop(name, None)
            else:
                names[name] = value
            ctypes.pythonapi.PyType_Modified(ctypes.py_object(owner))

        write(classmethod(function))
        self._undo.append(lambda: write(before))


def _at(cls: Any, nanoseconds: int, tz: Any) -> Any:
    seconds, rest = divmod(nanoseconds, SECOND)
    return cls.fromtimestamp(seconds, tz).replace(microsecond=rest // 1000)


class Sleep:
    """In place of `time.sleep`: sleeps as long, and moves the clock on."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock

    def __call__(self, seconds: float, /) -> None:
        Real.sleep(seconds)
        self._clock.slept(seconds, polling=False)


class OfSeconds:
    """In place of `time.gmtime` and its like, which take the present where no seconds are given."""

    def __init__(self, original: Callable[..., Any], clock: Clock) -> None:
        functools.update_wrapper(self, original)
        self._original = original
        self._clock = clock

    def __call__(self, seconds: float | None = None, /) -> Any:
        return self._original(self._clock.time() if seconds is None else seconds)


class OfTuple:
    """In place of `time.strftime` and `asctime`, which take the present where no tuple is given."""

    def __init__(self, original: Callable[..., str], position: int, clock: Clock) -> None:
        functools.update_wrapper(self, original)
        self._original = original
        self._position = position
        self._clock = clock

    def __call__(self, *given: Any) -> str:
        if len(given) == self._position:
            given = (*given, time.localtime())
        return self._original(*given)


class WallClock:
    """In place of `time.clock_gettime`, for the real-time clock only."""

    def __init__(self, original: Callable[[int], Any], clock: Clock, unit: float) -> None:
        functools.update_wrapper(self, original)
        self._original = original
        self._clock = clock
        self._unit = unit

    def __call__(self, clock_id: int, /) -> Any:
        if clock_id == time.CLOCK_REALTIME:
            return self._clock.time_ns() * self._unit
        return self._original(clock_id)


def _follow_async_sleep(clock: Clock, module: ModuleType) -> None:
    """Let `asyncio.sleep` move the clock. Done before `asyncio` takes the name over from `asyncio.tasks`."""
    original = module.sleep

    @functools.wraps(original)
    async def sleep(delay: float, *args: Any, **named: Any) -> Any:
        result = await original(delay, *args, **named)
        if delay > 0:
            clock.slept(delay, polling=delay < POLLING_SECONDS)
        return result

    module.sleep = sleep  # type: ignore[attr-defined]


def start(probe: Probe, seed: int, after: Callable[[str, Callable[[ModuleType], None]], None]) -> None:
    """Make the run deterministic."""
    clock = probe.clock = Clock(seed, probe.config.epoch)
    patches = Patches(clock)
    clock.chance.install()
    patches.install()
    after("uuid", settle_uuid)
    after("asyncio.tasks", lambda module: _follow_async_sleep(clock, module))

    def give_way(_module: ModuleType) -> None:
        # It writes into the C function that it finds under `datetime.now`: a Python one there would crash the process.
        patches.take_back()
        probe.fault(
            "clock", RuntimeError("time_machine is in use, so the clock of this run is not deterministic")
        )

    after("_time_machine", give_way)
