from __future__ import annotations

from typing import Any

import msgspec
import pytest

from pitstop.promises import ContractChange
from pitstop.proof.behaviour import Behaviour, RouteComparison
from pitstop.proof.contract import Contract
from pitstop.proof.counters import Counted
from pitstop.proof.coverage import Exercise
from pitstop.proof.judge import Evidence, judge
from pitstop.proof.speed import Timing
from pitstop.proof.tests import TestComparison
from pitstop.verdicts import Changed, Difference, Interval, Metric, NotFaster, Proved, Unproven
from tests.proof.service import patch

ROUTE = "GET /orders"
PATCH = patch(("app = FastAPI()", "app = FastAPI( )"), aims=("statements", "duration"))


def counted(before: float, after: float, metric: Metric = "statements", route: str = ROUTE) -> Counted:
    return Counted(route=route, metric=metric, unit=metric, before=(before, before), after=(after,))


def timed(
    low: float,
    high: float,
    metric: Metric = "duration",
    control: tuple[float, float] = (0.98, 1.02),
    route: str = ROUTE,
) -> Timing:
    middle = (low + high) / 2
    return Timing(
        route=route,
        metric=metric,
        before_ms=412,
        after_ms=412 * middle,
        interval=Interval(ratio=middle, low=low, high=high),
        control=Interval(ratio=1, low=control[0], high=control[1]),
        launches=4,
    )


def evidence(**given: Any) -> Evidence:
    base = Evidence(
        behaviour=Behaviour(routes=(RouteComparison(route=ROUTE, compared=3, equal=3),)),
        contract=Contract(documents=1),
        tests=TestComparison(summary="41 passed"),
        exercise=Exercise(run=2, all=2, routes=(ROUTE,)),
        counters=(counted(51, 2),),
        timings=(timed(0.09, 0.095),),
    )
    return msgspec.structs.replace(base, **given)


def test_proved_with_its_figures() -> None:
    verdict = judge(PATCH, evidence())
    assert isinstance(verdict, Proved)
    assert verdict.reason == "statements 51 → 2, 10.8× faster (412 → 38.1 ms) on GET /orders"
    assert (verdict.tests, verdict.exercised) == ("41 passed", (2, 2))
    (route,) = verdict.routes
    assert [(change.metric, change.interval is None) for change in route.changes] == [
        ("statements", True),
        ("duration", False),
    ]
    assert (verdict.patch, verdict.finding, verdict.title) == (PATCH.id, PATCH.finding, PATCH.title)


DIFFERENCE = Difference(kind="body", where="GET /orders: body $.a", before="1", after="2")


@pytest.mark.parametrize(
    "given",
    [
        {"behaviour": Behaviour(differences=(DIFFERENCE,))},
        {"contract": Contract(differences=(DIFFERENCE,))},
        {"tests": TestComparison(summary="", differences=(DIFFERENCE,))},
    ],
)
def test_a_difference_comes_before_all(given: dict[str, Any]) -> None:
    verdict = judge(PATCH, evidence(**given, exercise=Exercise(run=0, all=2, idle=("f in a.py",))))
    assert isinstance(verdict, Changed)
    assert verdict.differences == (DIFFERENCE,)
    assert verdict.reason == "GET /orders: body $.a: 1 → 2"


def test_a_change_of_contract_is_told_by_its_rule() -> None:
    change = ContractChange(
        rule="response-property-became-nullable",
        severity="breaking",
        operation="GET /orders",
        place="response 200",
        text="`a` of the answer 200 may now be null",
    )
    differences = (msgspec.structs.replace(DIFFERENCE, kind="contract", change=change), DIFFERENCE)
    verdict = judge(PATCH, evidence(contract=Contract(differences=differences)))
    assert verdict.reason == (
        "GET /orders: `a` of the answer 200 may now be null (breaking: response-property-became-nullable), and 1 more differences"
    )


@pytest.mark.parametrize(
    ("given", "said"),
    [
        (
            {
                "behaviour": Behaviour(
                    routes=(RouteComparison(route=ROUTE, compared=1, equal=1),), gaps=("lost",)
                )
            },
            "lost",
        ),
        ({"behaviour": Behaviour()}, "no request was recorded"),
        (
            {"behaviour": Behaviour(routes=(RouteComparison(route=ROUTE, compared=5, equal=5, blurred=2),))},
            "by themselves (2 of 5), so",
        ),
        (
            {
                "behaviour": Behaviour(
                    routes=(
                        RouteComparison(
                            route=ROUTE, compared=5, equal=5, blurred=2, blur="status in t.py::test_it"
                        ),
                    )
                )
            },
            "by themselves (2 of 5, such as status in t.py::test_it), so",
        ),
        ({"exercise": Exercise(run=1, all=2, idle=("f in a.py",))}, "f in a.py"),
        (
            {"exercise": Exercise(run=0, all=1, idle=("a declaration in a.py",), waits=True)},
            f"no request of the routes that it is for was answered below 400: {ROUTE}",
        ),
        ({"exercise": Exercise(run=1, all=3)}, "1 of 3"),
        ({"counters": (), "timings": ()}, "could not be measured on GET /orders"),
        ({"counters": (), "timings": (), "notes": ("it changes data",)}, "it changes data"),
        (
            {"counters": (counted(9, 1, "rows"),), "timings": (timed(0.1, 0.2, "cpu"),)},
            "could not be measured",
        ),
        ({"counters": (counted(9, 1, route="GET /b"),), "timings": ()}, "could not be measured"),
        ({"counters": (), "timings": (timed(0.5, 0.6, control=(0.5, 0.9)),)}, "too restless"),
        ({"counters": (), "timings": (timed(0.5, 0.6, control=(0.4, 1.9)),)}, "too restless"),
    ],
)
def test_what_cannot_be_known_is_unproven(given: dict[str, Any], said: str) -> None:
    verdict = judge(PATCH, evidence(**given))
    assert isinstance(verdict, Unproven), verdict.reason
    assert said in verdict.reason


def test_noise_of_a_route_that_the_patch_does_not_touch_is_no_obstacle() -> None:
    routes = (
        RouteComparison(route=ROUTE, compared=3, equal=3),
        RouteComparison(route="GET /mood", compared=5, equal=5, blurred=5),
    )
    assert isinstance(judge(PATCH, evidence(behaviour=Behaviour(routes=routes))), Proved)
    touched = Exercise(run=2, all=2, routes=("GET /mood",))
    assert isinstance(judge(PATCH, evidence(behaviour=Behaviour(routes=routes), exercise=touched)), Unproven)


@pytest.mark.parametrize(
    "given",
    [
        {"counters": (counted(2, 2),), "timings": (timed(0.9, 0.98),)},
        {"counters": (counted(2, 2),), "timings": (timed(0.98, 1.02),)},
        {"counters": (counted(2, 3),), "timings": ()},
        {"counters": (counted(2, 2),), "timings": (timed(0.5, 0.6, control=(0.5, 0.9)),)},
        {"counters": (counted(2, 2), counted(9, 1, "rows")), "timings": (timed(0.1, 0.2, "cpu"),)},
        {"counters": (counted(2, 2), counted(9, 1, route="GET /other")), "timings": ()},
    ],
)
def test_no_gain_in_what_was_aimed_at_is_not_faster(given: dict[str, Any]) -> None:
    verdict = judge(PATCH, evidence(**given))
    assert isinstance(verdict, NotFaster), verdict.reason
    assert "nothing aimed at got better" in verdict.reason


@pytest.mark.parametrize(
    ("low", "high", "said"),
    [(0.97, 1.05, "(ratio 0.97 to 1.05)"), (0.0, 107590.84, "(too restless to tell them apart)")],
)
def test_a_ratio_that_says_nothing_is_not_told(low: float, high: float, said: str) -> None:
    verdict = judge(PATCH, evidence(counters=(counted(2, 2),), timings=(timed(low, high),)))
    assert isinstance(verdict, NotFaster), verdict.reason
    assert said in verdict.reason


@pytest.mark.parametrize(
    ("aims", "given", "proved"),
    [
        (("statements",), {"timings": (timed(1.06, 1.2),)}, False),
        (("statements",), {"timings": (timed(1.04, 1.2),)}, True),
        (("statements",), {"timings": (timed(1.06, 1.2, control=(1.03, 1.2)),)}, True),
        (("statements",), {"timings": (timed(1.3, 2.1, control=(0.55, 2.45)),)}, True),
        (("statements",), {"timings": (timed(1.06, 1.2, route="GET /other"),)}, False),
        (("statements", "duration"), {"timings": (timed(0.5, 0.6), timed(1.1, 1.2, "cpu"))}, True),
        (("statements", "cpu"), {"timings": (timed(1.1, 1.2), timed(0.5, 0.6, "cpu"))}, False),
        (("blocked_ms",), {"counters": (counted(40, 0, "blocked_ms"),), "timings": (timed(1.1, 1.2, "cpu"),)}, True),
        (("blocked_ms",), {"counters": (counted(40, 0, "blocked_ms"),), "timings": (timed(1.1, 1.2, "throughput"),)}, False),
        (("throughput",), {"timings": (timed(0.1, 0.2, "throughput"), timed(1.1, 1.2))}, True),
    ],
)  # fmt: skip
def test_a_gain_must_be_worth_what_it_costs(
    aims: tuple[Metric, ...], given: dict[str, Any], proved: bool
) -> None:
    aimed = msgspec.structs.replace(PATCH, aims=aims)
    verdict = judge(aimed, evidence(**given))
    assert isinstance(verdict, Proved if proved else NotFaster), verdict.reason
    if not proved:
        assert "worse" in verdict.reason


def test_figures_of_several_routes_are_told_with_them() -> None:
    given = {"counters": (counted(2, 2),), "timings": (timed(0.98, 1.02, route="GET /other"),)}
    nameless = msgspec.structs.replace(PATCH, routes=(ROUTE, "GET /other"))
    told = judge(nameless, evidence(**given)).reason
    assert "statements 2 → 2 on GET /orders, time 412 → 412 ms (ratio 0.98 to 1.02) on GET /other" in told


ANY = msgspec.structs.replace(PATCH, aims=())
SAME: dict[str, Any] = {"counters": (), "timings": ()}


@pytest.mark.parametrize(
    ("start", "kind", "said"),
    [
        (timed(1.2, 1.4, "start_up", route=""), NotFaster, "start-up 1.30× slower (412 → 536 ms)"),
        (timed(0.4, 0.6, "start_up", route=""), Proved, "start-up 2.00× faster (412 → 206 ms)"),
        (timed(1.06, 1.1, "start_up", route=""), Proved, "answers as before"),
        (timed(1.2, 1.4, "start_up", route="", control=(0.7, 1.5)), Proved, "answers as before"),
        (timed(0.8, 1.4, "start_up", route=""), Proved, "answers as before"),
    ],
)
def test_how_long_it_takes_to_start_counts_where_it_is_much(start: Timing, kind: type, said: str) -> None:
    verdict = judge(ANY, evidence(start_up=start, **SAME))
    assert isinstance(verdict, kind), verdict.reason
    assert said in verdict.reason
    assert ("start-up" in said) == ("start-up" in verdict.reason)
    assert verdict.start_up is not None
    assert verdict.start_up.before == 412
    assert judge(ANY, evidence(**SAME)).start_up is None


def test_a_route_that_gets_faster_is_not_paid_for_by_the_start() -> None:
    verdict = judge(PATCH, evidence(start_up=timed(1.2, 1.4, "start_up", route="")))
    assert isinstance(verdict, NotFaster)


def test_what_the_slowest_wait_for_is_a_figure_of_its_own() -> None:
    faster = judge(ANY, evidence(counters=(), timings=(timed(0.4, 0.6, "p95"),)))
    assert isinstance(faster, Proved)
    assert "2.00× faster in p95 with several in flight" in faster.reason
    slower = judge(ANY, evidence(counters=(), timings=(timed(1.3, 1.5, "p95"),)))
    assert isinstance(slower, NotFaster)
    paid = (timed(1.3, 1.5, "p95"), timed(0.4, 0.6, "throughput"))
    assert isinstance(judge(ANY, evidence(counters=(), timings=paid)), Proved)


def test_a_patch_that_names_no_route_is_judged_by_those_that_ran_it() -> None:
    nameless = msgspec.structs.replace(PATCH, routes=())
    assert isinstance(judge(nameless, evidence()), Proved)


def test_blocking_is_said_in_milliseconds() -> None:
    aimed = msgspec.structs.replace(PATCH, aims=("blocked_ms",))
    verdict = judge(aimed, evidence(counters=(counted(40.2, 0, "blocked_ms"),), timings=()))
    assert verdict.reason == "event loop blocked 40.2 → 0 ms on GET /orders"


# --- repairs that are not to make anything faster --------------------------------------------------------------------

HARMLESS = msgspec.structs.replace(PATCH, aims=())


@pytest.mark.parametrize("counters", [(), (counted(5, 5),)])
def test_no_aim_and_all_as_before(counters: tuple[Counted, ...]) -> None:
    verdict = judge(HARMLESS, evidence(counters=counters, timings=()))
    assert isinstance(verdict, Proved)
    assert verdict.reason == "answers as before: 3 requests to 1 route"


def test_no_aim_and_better_all_the_same() -> None:
    verdict = judge(HARMLESS, evidence(timings=()))
    assert isinstance(verdict, Proved)
    assert verdict.reason == "statements 51 → 2 on GET /orders"


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"counters": (counted(1, 31),), "timings": ()}, "statements 1 → 31 on GET /orders"),
        ({"counters": (counted(0, 40, "blocked_ms"),), "timings": ()}, "event loop blocked 0 → 40 ms"),
        ({"counters": (), "timings": (timed(1.2, 1.3),)}, "worse"),
    ],
)
def test_no_aim_and_worse(given: dict[str, Any], words: str) -> None:
    verdict = judge(HARMLESS, evidence(**given))
    assert isinstance(verdict, NotFaster)
    assert words in verdict.reason


@pytest.mark.parametrize(
    "given",
    [
        {"exercise": Exercise(run=0, all=2, routes=())},
        {"behaviour": Behaviour(routes=())},
    ],
)
def test_no_aim_and_not_exercised(given: dict[str, Any]) -> None:
    assert isinstance(judge(HARMLESS, evidence(**given)), Unproven)


def test_why_an_app_does_not_describe_itself_any_more_is_said_by_its_tests() -> None:
    gone = Difference(
        kind="contract", where="OpenAPI document of app", before="a document", after="(not there)"
    )
    test = Difference(kind="test", where="test_a", before="passed", after="failed: no such table: pets")
    verdict = judge(
        PATCH,
        evidence(
            contract=Contract(differences=(gone,)), tests=TestComparison(summary="", differences=(test,))
        ),
    )
    assert isinstance(verdict, Changed)
    assert verdict.reason.startswith("test_a: passed → failed: no such table: pets, and 1 more")
