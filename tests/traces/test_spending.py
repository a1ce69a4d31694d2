"""What requests take of their budgets: the dearest of each route."""

from __future__ import annotations

import pytest

from pitstop.budgets import Budget, Spent, limits_of
from pitstop.traces.records import Block
from pitstop.traces.spending import spending
from pitstop.traces.store import Traces

from .test_store import exchange, run, statement

SELECT = statement("SELECT a FROM t")
BUDGETS = {
    "GET *": Budget(max_statements=2, max_bytes=10),
    "GET /users/{id}": Budget(max_statements=1, p95=3.0),
    "POST /users": Budget(max_blocked_ms=0),
}


def test_the_dearest_request_of_each_route_is_held_to_the_limit_that_is_meant_for_it() -> None:
    asked = run(
        exchange(1, statements=(SELECT, statement("COMMIT"))),
        exchange(2, statements=(SELECT, SELECT), test="tests/t.py::dear", response_bytes=11),
        exchange(3, route="/other", statements=(SELECT, SELECT)),
        exchange(4, method="POST", route="/users", blocks=(Block(start_ns=1, duration_ns=30_000_000),)),
    )
    with Traces.load(asked) as traces:
        found = spending(traces, BUDGETS, {"GET /users/{id}": ("app/users.py", 7)})
    told = {(each.route, each.limit): each for each in found}
    assert [each.is_over for each in found] == sorted((each.is_over for each in found), reverse=True)
    assert told["GET /users/{id}", "max_statements"] == Spent(
        route="GET /users/{id}",
        limit="max_statements",
        allowed=1,
        measured=2,
        requests=2,
        budget="GET /users/{id}",
        test="tests/t.py::dear",
        path="app/users.py",
        line=7,
    )
    assert (told["GET /users/{id}", "max_bytes"].measured, told["GET /users/{id}", "max_bytes"].budget) == (
        11,
        "GET *",
    )
    assert (told["GET /users/{id}", "p95"].measured, told["GET /users/{id}", "p95"].is_over) == (2.0, False)
    assert not told["GET /other", "max_statements"].is_over, "what ends a transaction is no statement"
    assert (
        told["POST /users", "max_blocked_ms"].measured,
        told["POST /users", "max_blocked_ms"].is_over,
    ) == (30.0, True)
    assert len(found) == 6


@pytest.mark.parametrize(
    ("route", "limits"),
    [
        ("GET /a/{b}", {"max_statements": (1, "GET /a/{b}"), "p95": (9, "GET /a/*")}),
        ("GET /a/c", {"max_statements": (3, "GET /a/*"), "p95": (9, "GET /a/*")}),
        ("GET /x", {"max_statements": (5, "GET *")}),
        ("POST /a/c", {}),
        ("GET /[a]", {"max_statements": (7, "GET /[a]")}),
    ],
)
def test_the_own_name_comes_before_a_pattern_and_a_longer_one_before_a_shorter(
    route: str, limits: dict[str, tuple[float, str]]
) -> None:
    budgets = {
        "GET /a/{b}": Budget(max_statements=1),
        "GET /a/*": Budget(max_statements=3, p95=9),
        "GET *": Budget(max_statements=5),
        "GET /[a]": Budget(max_statements=7),
    }
    assert limits_of(route, budgets) == limits
