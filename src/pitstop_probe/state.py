"""All parts of the probe in one place, as they work together in this process."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from .config import Config
from .encoding import Texts
from .output import STACKS, Output
from .request import CURRENT, Request, Series
from .stacks import Stacks
from .tally import Tally

if TYPE_CHECKING:
    from .asgi import Recorder
    from .clock import Clock
    from .loop import Watchdog
    from .mingle import Mingle
    from .openapi import Documents
    from .pair import Pair
    from .places import Places

MOST_SERIES = 3000
"""Tests, times their phases, of which it is known how many requests they sent."""


def _no_loop() -> None:
    return None


class Probe:
    """The probe of this process."""

    def __init__(self, config: Config, output: Output | None = None) -> None:
        """`output` takes the records; by default they go to the folder that the host named."""
        self.config = config
        self.tally = Tally(
            config.counts
        )  # before the output: a forked child must leave its parent's numbers alone at once
        self.output = output or Output(config.out, config.flush_ms / 1000, self.tally)
        self.stacks = Stacks(config.roots, config.excluded, self.output.put, lambda: self.output.lost(STACKS))
        self.texts = Texts(self.output.put_text, config.replayable, config.bodies)
        self.recorder: Callable[[Probe], Recorder] | None = None
        """Makes what takes the requests, where that is not the one that writes them."""
        self.clock: Clock | None = None
        self.watchdog: Watchdog | None = None
        self.pair: Pair | Mingle | None = None
        self.documents: Documents
        self.places: Places | None = None
        """There are some where the host asked for phases."""
        self._series: dict[tuple[str, str], Series] = {}
        self.series = self._series_of("", "")
        """The running test and phase, and the numbers of its requests."""
        self.at_exit: list[Callable[[], None]] = []
        """What still has something to write when the process ends."""
        self.apps: list[Any] = []
        self.latest_app: Any = None
        self.running_loop: Callable[[], Any] = _no_loop
        """The event loop that this thread runs, if any; real once `asyncio` is imported."""

    def current(self) -> Request | None:
        """The request that the running code works for, unless it is already written."""
        request = CURRENT.get()
        if request is None or not request.closed:
            return request
        return None

    def fault(self, where: str, error: BaseException) -> None:
        """Note a failure of the probe itself."""
        self.output.fault(where, error)

    def remember(self, app: Any) -> None:
        """Keep an app for its OpenAPI document; of many, as tests make them, the latest."""
        self.latest_app = app
        if not any(known is app for known in self.apps):
            self.apps.append(app)
            del self.apps[:-16]

    def begin_test(self, test: str) -> None:
        """All requests from now on belong to this test; an empty name ends it."""
        self.series = self._series_of(test, "")
        self.tally.running(test)
        if self.clock is not None:
            self.clock.begin(test or "between")

    def begin_phase(self, phase: str) -> None:
        """All requests from now on belong to this phase of the running test: `setup-`, none, or `teardown-`.

        Set-up counts apart: what a fixture of wider scope asks falls to whichever test comes first.
        """
        self.series = self._series_of(self.series.test, phase)

    def _series_of(self, test: str, phase: str) -> Series:
        known = self._series.get((test, phase))
        if known is None:
            if len(self._series) >= MOST_SERIES:
                # A test that runs again much later counts from 1 again, and who reads the keys counts on.
                del self._series[next(key for key in self._series if key[0])]
            known = self._series[test, phase] = Series(test, phase)
        return known
