from __future__ import annotations

import math
import random
from typing import Any

import msgspec
import pytest

from pitstop.proof.counters import Counted, count
from pitstop.proof.lockstep import Echoes
from pitstop.proof.speed import AFTER, BEFORE, CONTROL, SIDES, foreseen, interval, plan, timings
from pitstop.traces.records import Block, ClientBuilt, Exchange, Run, Statement, TestOutcome, Wait
from tests.proof.runs import exchange, run


def echoes(before: list[int], after: list[int], control: list[int] | None = None, at_once: int = 1) -> Echoes:
    times = {BEFORE: tuple(before), AFTER: tuple(after), CONTROL: tuple(control or before)}
    return Echoes(
        key="k",
        at_once=at_once,
        cpu_ns=times,
        wall_ns={side: tuple(2 * t for t in times[side]) for side in SIDES},
    )


def test_the_interval_is_students_over_launches() -> None:
    found = interval([math.log(0.5), math.log(0.5), math.log(0.6), math.log(0.55)])
    assert found is not None
    # by hand: mean of logs -0.62372, standard deviation 0.08766, t for 3 degrees 5.841: reach 0.25601
    assert found.ratio == pytest.approx(0.5359, abs=1e-4)
    assert found.low == pytest.approx(0.4149, abs=1e-4)
    assert found.high == pytest.approx(0.6923, abs=1e-4)
    assert interval([0.1]) is None


def test_more_launches_of_the_same_spread_are_foreseen() -> None:
    draw = random.Random(2)
    few = [draw.gauss(-0.05, 0.01) for _ in range(4)]
    now, then = interval(few), interval(few * 3)
    assert now is not None
    assert then is not None
    found = foreseen(now, 4, 12)
    # the same launches three times over spread a little less, by the root of (11/12) / (3/4)
    assert found.ratio == now.ratio
    assert math.log(found.high / found.ratio) == pytest.approx(
        math.log(then.high / then.ratio) * math.sqrt((11 / 12) / (3 / 4)), rel=1e-6
    )
    assert found.low * found.high == pytest.approx(found.ratio**2)


def test_the_interval_holds_the_truth_as_often_as_it_says() -> None:
    # 99 %: of 2000 trials of four launches, about 20 miss; 45 would be five standard deviations off
    draw = random.Random(1)
    found = [interval([draw.gauss(0, 0.02) for _ in range(4)]) for _ in range(2000)]
    missed = sum(1 for each in found if each is not None and not each.low <= 1 <= each.high)
    assert 2 <= missed <= 45


def test_a_launch_counts_once_however_many_echoes_it_has() -> None:
    launches = [[echoes([1000] * 9, [500] * 9)], [echoes([3000] * 99, [1500] * 99)]]
    (cpu, duration) = timings(launches, {"k": "GET /a"})
    assert (cpu.metric, duration.metric) == ("cpu", "duration")
    assert cpu.launches == 2
    assert cpu.interval.ratio == pytest.approx(0.5)
    assert (cpu.before_ms, cpu.after_ms) == (0.002, 0.001)
    assert (duration.before_ms, duration.after_ms) == (0.004, 0.002)
    assert cpu.control.ratio == 1


def test_pairs_cancel_what_comes_over_the_machine() -> None:
    mood = [1, 5, 1, 9, 2]
    launch = [echoes([100 * m for m in mood], [90 * m for m in mood], [100 * m for m in mood])]
    found = timings([launch, launch], {"k": "GET /a"})
    assert found[0].interval.high == pytest.approx(0.9)


def test_rounds_in_flight_are_throughput() -> None:
    launch = [echoes([100], [100]), echoes([100], [20], at_once=8)]
    found = {each.metric: each.interval.ratio for each in timings([launch, launch], {"k": "GET /a"})}
    assert found == {"cpu": pytest.approx(1), "duration": pytest.approx(1), "throughput": pytest.approx(0.2)}


def test_the_p95_is_that_of_the_requests_in_flight() -> None:
    waits = {BEFORE: list(range(1, 101)), AFTER: [1] * 94 + [190] * 6, CONTROL: [1] * 94 + [95] * 6}
    launch = msgspec.structs.replace(
        echoes([100], [100], at_once=8), each_ns={side: tuple(each) for side, each in waits.items()}
    )
    found = {each.metric: each for each in timings([[launch], [launch]], {"k": "GET /a"})}
    assert (found["p95"].before_ms, found["p95"].after_ms) == (95e-6, 190e-6)
    assert found["p95"].interval.ratio == pytest.approx(2)
    assert found["p95"].control.ratio == pytest.approx(1)
    partly = msgspec.structs.replace(launch, each_ns={BEFORE: (1,)})
    assert "p95" not in {each.metric for each in timings([[partly], [partly]], {"k": "GET /a"})}


def test_one_launch_gives_no_time() -> None:
    assert timings([[echoes([1], [1])]], {"k": "GET /a"}) == ()


# --- what is timed ---------------------------------------------------------------------------------------------------


def asked(test: str, route: str, duration: int, number: int = 1, **given: Any) -> Exchange:
    key = f"{test}#{number}"
    return exchange(number, {}, key=key, test=test, route=route, path=route, duration_ns=duration, **given)


def planned(*exchanges: Exchange, costs: dict[str, int] | None = None) -> Run:
    return run(
        *exchanges,
        tests=tuple(TestOutcome(id=k, outcome="passed", duration_ns=v) for k, v in (costs or {}).items()),
    )


def test_the_costliest_request_of_the_cheapest_test_is_timed() -> None:
    before = planned(
        asked("small", "/a", 1_000_000),
        asked("big", "/a", 50_000_000),
        asked("slow", "/a", 51_000_000),
        asked("other", "/b", 90_000_000),
        costs={"small": 1, "big": 2, "slow": 999, "other": 1},
    )
    found = plan(("GET /a",), before, before, at_once=False)
    assert found.tests == ("big",)
    assert [stop.key for stop in found.stops] == ["big#1"]
    assert found.routes == {"big#1": "GET /a"}
    assert found.stops[0].rounds == 0
    assert plan(("GET /a",), before, before, at_once=True).stops[0].rounds > 0


@pytest.mark.parametrize(
    ("milliseconds", "times", "warm_up", "at_once", "rounds"),
    [(1, 40, 3, 8, 9), (9, 25, 3, 8, 3), (100, 5, 1, 4, 2)],
)
def test_a_long_request_is_repeated_less(
    milliseconds: int, times: int, warm_up: int, at_once: int, rounds: int
) -> None:
    before = planned(asked("one", "/a", milliseconds * 1_000_000))
    (stop,) = plan(("GET /a",), before, before, at_once=True).stops
    assert (stop.times, stop.warm_up, stop.at_once, stop.rounds) == (times, warm_up, at_once, rounds)


def test_of_many_routes_the_costliest_are_timed_or_the_cheapest() -> None:
    names = [f"/{n}" for n in range(1, 9)]
    before = planned(*(asked(f"t{n}", name, n * 1_000_000) for n, name in enumerate(names, 1)))
    routes = [f"GET {name}" for name in names]
    costliest = plan(routes, before, before, at_once=False)
    assert sorted(costliest.routes.values()) == routes[2:]
    assert costliest.notes == tuple(
        f"{each} was not timed: 6 routes are enough for one patch" for each in ("GET /2", "GET /1")
    )
    assert sorted(plan(routes, before, before, at_once=False, cheapest=True).routes.values()) == routes[:6]


def test_a_test_that_runs_anyway_serves_several_routes() -> None:
    before = planned(
        asked("both", "/a", 9_000_000), asked("both", "/b", 5_000_000, 2), asked("b", "/b", 6_000_000),
        costs={"both": 9, "b": 1},
    )  # fmt: skip
    assert plan(("GET /a", "GET /b"), before, before, at_once=False).tests == ("both",)


@pytest.mark.parametrize(
    "given",
    [
        {"method": "POST"},
        {"status": 500},
        {"error": "KeyError"},
        {"changes": (("INSERT", "t", "h", 1),)},
        {"status": 0},
    ],
)
def test_what_cannot_be_repeated_is_not_timed_and_said(given: dict[str, Any]) -> None:
    good, bad = planned(asked("t", "/a", 1)), planned(asked("t", "/a", 1, **given))
    route = f"{given.get('method', 'GET')} /a"
    for before, after in ((bad, bad), (good, bad)):
        found = plan((route,), before, after, at_once=False)
        assert found.stops == ()
        assert "cannot" in found.notes[0] or "no request that can be repeated" in found.notes[0]


# --- counters --------------------------------------------------------------------------------------------------------


def costing(
    statements: int,
    rows: int = 1,
    blocked_ms: float = 0,
    clients: int = 0,
    number: int = 1,
    ends: tuple[str, ...] = (),
    waits: tuple[str, ...] = (),
) -> Exchange:
    return exchange(
        number,
        {},
        statements=(
            Statement(sql="BEGIN", operation="BEGIN"),
            *(Statement(sql="SELECT 1", operation="SELECT", rows=rows) for _ in range(statements)),
            *(Statement(sql=each, operation=each) for each in ends),
        ),
        waits=tuple(Wait(kind=each, start_ns=0, duration_ns=1) for each in waits),
        blocks=(Block(start_ns=0, duration_ns=int(blocked_ms * 1e6)),) if blocked_ms else (),
        clients=tuple(ClientBuilt(name="httpx.AsyncClient") for _ in range(clients)),
    )


def test_counters_are_means_per_request_of_the_requests_all_runs_have() -> None:
    before = run(costing(51, 2, 30, 1), costing(1, number=2), costing(99, number=3))
    after = run(costing(2, 2, 0, 0), costing(1, number=2))
    found = {each.metric: each for each in count([before, before], [after])}
    assert list(found["statements"].before) == [26, 26]
    assert list(found["statements"].after) == [1.5]
    assert (found["statements"].fell, found["statements"].steady) == (True, True)
    assert list(found["rows"].middle) == [51.5, 2.5]
    assert list(found["clients"].middle) == [0.5, 0]
    assert list(found["blocked_ms"].middle) == [15, 0]
    assert not found["bytes"].fell


def test_commits_and_connections_opened_are_counted_apart_from_statements() -> None:
    before = run(costing(1, ends=("COMMIT", "RELEASE", "ROLLBACK"), waits=("connect", "connection wait")))
    after = run(costing(1, ends=("COMMIT",)))
    found = {each.metric: each for each in count([before, before], [after])}
    assert list(found["commits"].middle) == [2, 1]
    assert list(found["connects"].middle) == [1, 0]
    assert list(found["statements"].middle) == [1, 1]


@pytest.mark.parametrize(
    ("before", "after", "fell"),
    [
        ((51, 51), (2,), True),
        ((51, 50), (50,), False),
        ((2, 2), (2,), False),
        ((2, 2), (3,), False),
        ((51, 2), (2,), False),
    ],
)
def test_a_counter_fell_when_it_is_lower_in_every_run(
    before: tuple[float, ...], after: tuple[float, ...], fell: bool
) -> None:
    assert Counted(route="r", metric="statements", unit="", before=before, after=after).fell is fell


@pytest.mark.parametrize(
    ("before", "after", "fell"),
    [
        ((40, 42), (0,), True),
        ((40, 42), (25,), False),
        ((8, 9), (0,), False),
        ((40, 3), (0,), False),
        ((100, 100), (45,), True),
    ],
)
def test_blocking_fell_by_more_than_the_watchdog_sees_by_chance(
    before: tuple[float, ...], after: tuple[float, ...], fell: bool
) -> None:
    assert Counted(route="r", metric="blocked_ms", unit="ms", before=before, after=after).fell is fell
