"""What makes the app answer requests, and what came of it."""

from __future__ import annotations

from pathlib import Path

import msgspec

from pitstop.settings import Login
from pitstop.target.process import Completed
from pitstop.traces.records import Run


class Tests(msgspec.Struct, frozen=True, kw_only=True):
    """The project's own tests under pytest; all of them, or those of the node ids in `selection`."""

    __test__ = False
    selection: tuple[str, ...] = ()


class Replay(msgspec.Struct, frozen=True, kw_only=True):
    """The requests of a file (see `recorded`), sent to the app inside one process.

    `offline` keeps the app on this machine meanwhile: what was made up must not become mail or payments.
    """

    requests: Path
    offline: bool = False


class Serve(msgspec.Struct, frozen=True, kw_only=True):
    """The app under uvicorn on a port of loopback, until it is told to end; somebody else sends the requests."""

    port: int


class Generate(msgspec.Struct, frozen=True, kw_only=True):
    """Requests made from the OpenAPI document: about `cases` for each operation, and as many chains of them."""

    cases: int
    login: Login | None = None


Workload = Tests | Replay
"""What can be run again and again, each time alike."""


class Passed(msgspec.Struct, frozen=True, kw_only=True):
    """All went well: every test that ran passed, or every request was sent."""

    passed: int = 0
    skipped: int = 0


class SomeFailed(msgspec.Struct, frozen=True, kw_only=True):
    """Tests failed. `failed` holds their node ids with the first line of why."""

    passed: int
    skipped: int
    failed: tuple[tuple[str, str], ...]


class NothingRan(msgspec.Struct, frozen=True, kw_only=True):
    """There was nothing to run: no test collected, or all deselected."""

    reason: str


class NotStarted(msgspec.Struct, frozen=True, kw_only=True):
    """The app or its tests could not be imported or set up. `cause` in a sentence, `hint` what to do, `output` the end
    of what was printed."""

    cause: str
    hint: str
    output: str


class BrokeOff(msgspec.Struct, frozen=True, kw_only=True):
    """It ran, and ended in the middle: killed, or by an exit that was not its own. `reached` says how far it came, `last`
    is the test it was in, as far as is known; `cause`, `hint` and `output` are as of `NotStarted`."""

    cause: str
    hint: str
    reached: str
    last: str
    output: str


class NeverEnded(msgspec.Struct, frozen=True, kw_only=True):
    """It had to be stopped. `last` is the test or request it was at, as far as is known."""

    after_s: float
    passed: int
    last: str


Ending = Passed | SomeFailed | NothingRan | NotStarted | BrokeOff | NeverEnded


class Driven(msgspec.Struct, frozen=True, kw_only=True):
    """One workload, run once: how it ended, what was recorded, what was printed."""

    ending: Ending
    run: Run
    completed: Completed


class Progress(msgspec.Struct, frozen=True, kw_only=True):
    """How far a workload is. `label` is the test or request that ended last."""

    tests: int
    requests: int
    label: str = ""
