"""Tells the probe which test is running, and the host how each ended. Loaded with `-p pitstop_probe.pytest_plugin`."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from . import start
from .real import Real

_WORST = ("passed", "skipped", "failed", "error")
LONGEST_MESSAGE = 2000


class Outcome:
    """How one test went, over set-up, call and tear-down."""

    def __init__(self) -> None:
        self.outcome = "passed"
        self.message = ""
        self.started = Real.perf_ns()

    def add(self, report: Any) -> None:
        """Take in the report of one phase; the worst counts."""
        outcome = report.outcome
        if outcome == "failed" and report.when != "call":
            outcome = "error"
        if _WORST.index(outcome) > _WORST.index(self.outcome):
            self.outcome = outcome
            self.message = _message(report)[:LONGEST_MESSAGE]


def _message(report: Any) -> str:
    crash = getattr(report.longrepr, "reprcrash", None)
    if crash is not None:
        return str(crash.message)
    if isinstance(report.longrepr, tuple):
        return str(report.longrepr[-1])
    return str(report.longrepr or "")


_outcomes: dict[str, Outcome] = {}


@pytest.hookimpl(hookwrapper=True, tryfirst=True)
def pytest_runtest_protocol(item: Any) -> Iterator[None]:
    """Give all that happens from the first fixture to the last finaliser the test's id."""
    probe = start.PROBE
    if probe is None:
        yield
        return
    test = item.nodeid
    outcome = _outcomes[test] = Outcome()
    try:
        probe.begin_test(test)
    except Exception as error:
        probe.fault("pytest", error)
    try:
        yield
    finally:
        _outcomes.pop(test, None)
        probe.output.put(
            {
                "type": "test",
                "id": test,
                "outcome": outcome.outcome,
                "duration_ns": Real.perf_ns() - outcome.started,
                "message": outcome.message,
            }
        )
        probe.begin_test("")


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_setup() -> None:
    """Requests of fixtures are numbered apart."""
    _enter("setup-")


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_call() -> None:
    """The test's own requests."""
    _enter("")


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_teardown() -> None:
    """Requests of finalisers are numbered apart."""
    _enter("teardown-")


def _enter(phase: str) -> None:
    if start.PROBE is not None:
        start.PROBE.begin_phase(phase)


@pytest.hookimpl(hookwrapper=True, tryfirst=True)
def pytest_runtest_makereport(item: Any) -> Iterator[None]:
    """Take each phase's report as all other plugins left it."""
    result: Any = yield
    outcome = _outcomes.get(item.nodeid)
    if outcome is not None:
        try:
            outcome.add(result.get_result())
        except Exception as error:
            if start.PROBE is not None:
                start.PROBE.fault("pytest", error)


def pytest_configure() -> None:
    """Catch up with modules that plugins imported past the probe's hooks."""
    if start.HOOKS is not None:
        start.HOOKS.catch_up()


def pytest_sessionfinish(session: Any) -> None:
    """Say that the session has come to its end, of how many tests, and write everything while the interpreter is still whole."""
    probe = start.PROBE
    if probe is not None:
        probe.output.put({"type": "end", "of": len(getattr(session, "items", ()))})
        start.finish(probe)
