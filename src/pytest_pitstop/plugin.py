"""A marker, a fixture and an option of pytest that fail a test whose requests cost more than they may.

`@pytest.mark.budget(max_statements=5)` holds for each request of a test, with `route="GET /orders"` for those of one route; the fixture
`budget` for a part of it: `with budget(max_statements=5): ...`. `--pitstop-budgets` holds all tests to `budgets` of the project's settings.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from pitstop.budgets import Budget, Limit
    from pytest_pitstop.listening import Heard

MARKER = "budget"
OPTION = "--pitstop-budgets"
COUNTED: tuple[Limit, ...] = ("max_statements", "max_bytes", "max_blocked_ms")
_SHOWN = 5
_KEY = pytest.StashKey["Watch"]()


class Watch:
    """What this run of pytest has heard, and the budgets that hold for all of it."""

    def __init__(self, heard: list[Heard] | None, budgets: Mapping[str, Budget]) -> None:
        """`heard` is None where nothing is listened to, so that no test fails for what it costs."""
        self.heard = heard
        self.budgets = budgets


class BudgetFixture:
    """What the fixture `budget` gives: a context manager, and the requests of the test so far."""

    def __init__(self, watch: Watch) -> None:
        self._watch = watch

    @property
    def requests(self) -> Sequence[Heard]:
        """The requests of the test that have ended."""
        return tuple(self._watch.heard or ())

    @contextmanager
    def __call__(self, *, route: str = "", **limits: float) -> Iterator[None]:
        """Fail if a request within costs more than it may. Raises pytest.UsageError for a limit that there is not."""
        checked = _limits(limits, "budget(...)")
        before = len(self.requests)
        yield
        if self._watch.heard is not None:
            _fail(_over_limits(self.requests[before:], checked, route))


def pytest_addoption(parser: pytest.Parser) -> None:
    """`--pitstop-budgets`."""
    parser.getgroup("pitstop").addoption(
        OPTION,
        action="store_true",
        help="fail tests whose requests cost more than `budgets` of pitstop's settings allow",
    )


def pytest_configure(config: pytest.Config) -> None:
    """Make the marker known."""
    config.addinivalue_line(
        "markers",
        f"{MARKER}(max_statements, max_bytes, max_blocked_ms, route): what each request of the test may cost at most",
    )


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Listen, where a test or the command line asks for it. Raises pytest.UsageError for a budget that cannot be."""
    budgets: Mapping[str, Budget] = {}
    if config.getoption(OPTION):
        from pitstop.errors import PitstopError
        from pitstop.settings import load

        try:
            budgets = load(config.rootpath).budgets
        except PitstopError as error:
            raise pytest.UsageError(f"{OPTION}: {error.message}", error.hint) from None
        if not budgets:
            raise pytest.UsageError(f"{OPTION}: the settings of {config.rootpath} have no budgets")
    for item in items:
        for mark in item.iter_markers(MARKER):
            _marked(mark, item.nodeid)
    is_asked = budgets or any(
        item.get_closest_marker(MARKER) or MARKER in getattr(item, "fixturenames", ()) for item in items
    )
    if is_asked:
        from pytest_pitstop.listening import listen

        config.stash[_KEY] = Watch(listen(config.rootpath), budgets)


@pytest.fixture(name="budget")
def _budget(request: pytest.FixtureRequest) -> BudgetFixture:
    """What requests may cost within `with budget(max_statements=5):`, and what they did: `budget.requests`."""
    return BudgetFixture(request.config.stash[_KEY])


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_call(item: pytest.Item) -> Iterator[None]:
    """Look at the requests of the test itself, not at those of its fixtures, once it has passed."""
    watch = item.config.stash.get(_KEY, None)
    if watch is None or watch.heard is None:
        yield
        return
    watch.heard.clear()
    outcome: Any = yield
    if outcome.excinfo is not None:
        return
    from pitstop.budgets import limits_of

    heard = tuple(watch.heard)
    told = [line for each in heard for line in _over(each, limits_of(each.route, watch.budgets))]
    for mark in item.iter_markers(MARKER):
        told += _over_limits(heard, *_marked(mark, item.nodeid))
    if told:
        outcome.force_exception(pytest.fail.Exception(_text(told), pytrace=False))


def _marked(mark: pytest.Mark, where: str) -> tuple[dict[Limit, float], str]:
    named = dict(mark.kwargs)
    route = named.pop("route", "")
    if mark.args:
        raise pytest.UsageError(f"{where}: name the limits of `{MARKER}`: {', '.join(COUNTED)}")
    return _limits(named, where), str(route)


def _limits(named: Mapping[str, float], where: str) -> dict[Limit, float]:
    for name in named:
        if name not in COUNTED:
            more = ": times are checked by `pitstop measure --check`" if name == "p95" else ""
            raise pytest.UsageError(f"{where}: `{MARKER}` has no `{name}`{more}; it has {', '.join(COUNTED)}")
    if not named:
        raise pytest.UsageError(f"{where}: `{MARKER}` limits nothing; it has {', '.join(COUNTED)}")
    return {name: named[name] for name in COUNTED if name in named}


def _over_limits(heard: Sequence[Heard], limits: Mapping[Limit, float], route: str) -> list[str]:
    own = [each for each in heard if route in {"", each.route}]
    if not own:
        # What was never measured must not pass.
        seen = ", ".join(sorted({each.route for each in heard})) or "none at all"
        return [
            f"there was no request{f' of {route}' if route else ''} to hold to the budget; there was {seen}"
        ]
    return [line for each in own for line in _over(each, {name: (most, "") for name, most in limits.items()})]


def _over(each: Heard, limits: Mapping[Limit, tuple[float, str]]) -> Iterator[str]:
    for limit, (most, key) in limits.items():
        if limit in COUNTED and each.of(limit) > most:
            why = f" (budget of {key})" if key else ""
            yield f"{each.route}: {_told(each, limit)}, and may {most:g}{why}"


def _told(each: Heard, limit: Limit) -> str:
    if limit == "max_bytes":
        return f"answered with {each.bytes:,} bytes"
    if limit == "max_blocked_ms":
        at = f" at {each.blocked_at}" if each.blocked_at else ""
        return f"blocked the event loop for {each.blocked_ms:.0f} ms{at}"
    if each.times < 2:
        return f"sent {each.statements} statements"
    at = f" at {each.at}" if each.at else ""
    shown = each.most if len(each.most) <= 200 else each.most[:199] + "…"
    return f"sent {each.statements} statements, {each.times} times{at} the same: {shown};"


def _fail(told: Sequence[str]) -> None:
    if told:
        pytest.fail(_text(told), pytrace=False)


def _text(told: Sequence[str]) -> str:
    more = [f"and {len(told) - _SHOWN} more"] if len(told) > _SHOWN else []
    return "\n".join(
        ["requests cost more than they may:", *(f"  {line}" for line in (*told[:_SHOWN], *more))]
    )
