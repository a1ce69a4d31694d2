"""How long a request takes after a patch, against before, such that the answer does not depend on the machine's mood.

The launch is the unit: two runs of one program differ by where things lie in memory, and no number of requests inside of one
launch shows that. So each version is started anew several times, with the same new hash seed and without address-space
randomisation; in each launch the versions are timed in turns, request by request. A third process, unchanged too, is timed
beside them: what it shows against the first is what this very measurement makes of no difference at all.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from statistics import fmean, median, stdev

import msgspec

from pitstop.proof.counters import statements
from pitstop.proof.lockstep import Echoes, Stop, pair_up
from pitstop.traces.records import Exchange, Run
from pitstop.verdicts import Interval, Metric

BEFORE, AFTER, CONTROL = "before", "after", "control"
SIDES = (BEFORE, AFTER, CONTROL)

STUDENT_99 = (
    63.657, 9.925, 5.841, 4.604, 4.032, 3.707, 3.499, 3.355, 3.250, 3.169,
    3.106, 3.055, 3.012, 2.977, 2.947, 2.921, 2.898, 2.878, 2.861, 2.845,
    2.831, 2.819, 2.807, 2.797, 2.787, 2.779, 2.771, 2.763, 2.756, 2.750,
)  # fmt: skip
"""Student's t, two-sided 99 %, for 1 to 30 degrees of freedom; the last serves for more, on the safe side."""

_ROUTES = 6
_KEYS_PER_ROUTE = 2
_BUDGET_NS = 700_000_000
"""What the echoes of one stop may take in one launch, all sides together."""
_LAUNCH_NS = 6_000_000_000
"""What the echoes of all stops may take in one launch, all sides together."""
_FEWEST, _MOST = 5, 40
_FEWEST_ROUNDS, _MOST_ROUNDS = 2, 9
_LONG_NS = 10_000_000
"""From here on a request shows with half as many in flight what waiting in line costs, and warms up in one turn."""
_AT_ONCE, _AT_ONCE_OF_LONG = 8, 4
_WARM_UP, _WARM_UP_OF_LONG = 3, 1
_SAFE_METHODS = frozenset({"GET", "HEAD"})


class Plan(msgspec.Struct, frozen=True, kw_only=True):
    """What is timed: the tests to run (empty: the whole workload), the stops, and the route of each stop's key. `what` says it in words."""

    tests: tuple[str, ...]
    stops: tuple[Stop, ...]
    routes: dict[str, str]
    notes: tuple[str, ...] = ()
    what: str = "both versions"


class Timing(msgspec.Struct, frozen=True, kw_only=True):
    """One time of one route: medians in milliseconds, and the ratio after/before with its interval over launches."""

    route: str
    metric: Metric
    before_ms: float
    after_ms: float
    interval: Interval
    control: Interval
    launches: int


def plan(routes: Collection[str], before: Run, after: Run, *, at_once: bool, cheapest: bool = False) -> Plan:
    """Choose few, cheap tests that send the routes' requests in a way that can be repeated.

    Of a route's requests the costliest are chosen, by the run before; a test that is chosen already serves again. `at_once`
    adds rounds with several requests in flight. Of more routes than are timed the costliest are, or the `cheapest`. Routes without a request that can be repeated are said in `notes`.
    """
    changed = {each.key: each for each in after.exchanges}
    by_route: dict[str, list[Exchange]] = defaultdict(list)
    for each in before.exchanges:
        if (
            each.endpoint in routes
            and _repeatable(each)
            and each.key in changed
            and _repeatable(changed[each.key])
        ):
            by_route[each.endpoint].append(each)
    cost = {each.id: each.duration_ns for each in before.tests}
    chosen: dict[str, Exchange] = {}
    tests: dict[str, None] = {}
    ranked = sorted(by_route.items(), key=lambda item: max(map(_weight, item[1])), reverse=not cheapest)
    for _, exchanges in ranked[:_ROUTES]:
        heaviest = max(_weight(each) for each in exchanges)
        worthy = [each for each in exchanges if 2 * _weight(each) >= heaviest]
        worthy.sort(
            key=lambda each: (each.test not in tests, cost.get(each.test, 0), -_weight(each), each.key)
        )
        for each in worthy[:_KEYS_PER_ROUTE]:
            if each.test in tests or not any(own.endpoint == each.endpoint for own in chosen.values()):
                chosen[each.key] = each
                if each.test:
                    tests[each.test] = None
    order = [each for each in before.exchanges if each.key in chosen]
    missing = [route for route in routes if route not in by_route]
    late = [route for route, _ in ranked[_ROUTES:]]
    return Plan(
        tests=tuple(each for each in dict.fromkeys(e.test for e in order) if each),
        stops=tuple(_stop(each, at_once) for each in order),
        routes={each.key: each.endpoint for each in order},
        notes=(
            *(f"{route} has no request that can be repeated without a trace" for route in missing),
            *(f"{route} was not timed: {_ROUTES} routes are enough for one patch" for route in late),
        ),
    )


def _repeatable(exchange: Exchange) -> bool:
    return (
        exchange.method in _SAFE_METHODS
        and not exchange.error
        and not exchange.changes
        and 0 < exchange.status < 500
    )


def _weight(exchange: Exchange) -> float:
    """What a request costs, for comparing requests of one run: its time, or its statements where time is all noise."""
    return exchange.duration_ns + 50_000 * statements(exchange)


def _stop(exchange: Exchange, in_flight: bool) -> Stop:
    duration = max(exchange.duration_ns, 100_000)
    times = int(_BUDGET_NS / (len(SIDES) * duration))
    is_long = duration >= _LONG_NS
    at_once = _AT_ONCE_OF_LONG if is_long else _AT_ONCE
    rounds = max(_FEWEST_ROUNDS, min(_MOST_ROUNDS, times // at_once))
    return Stop(
        key=exchange.key,
        times=max(_FEWEST, min(_MOST, times)),
        warm_up=_WARM_UP_OF_LONG if is_long else _WARM_UP,
        rounds=rounds if in_flight else 0,
        at_once=at_once,
    )


def shortened(stops: Sequence[Stop]) -> tuple[Stop, ...]:
    """The stops of several plans, with fewer repetitions each where together they would make a launch too long."""
    share = min(1.0, _LAUNCH_NS / (len(stops) * _BUDGET_NS)) if stops else 1.0
    return tuple(
        msgspec.structs.replace(
            stop,
            times=max(_FEWEST, int(stop.times * share)),
            rounds=min(stop.rounds, max(_FEWEST_ROUNDS, int(stop.rounds * share))),
        )
        for stop in stops
    )


def interval(logs: Sequence[float]) -> Interval | None:
    """The ratio that the logarithms of several launches speak of, with its 99 % interval; None for fewer than two."""
    if len(logs) < 2:
        return None
    middle = fmean(logs)
    reach = _reach(len(logs)) * stdev(logs)
    return Interval(ratio=math.exp(middle), low=math.exp(middle - reach), high=math.exp(middle + reach))


def _reach(launches: int) -> float:
    """Half of the interval of so many launches, at least two, in their standard deviations."""
    return STUDENT_99[min(launches - 1, len(STUDENT_99)) - 1] / math.sqrt(launches)


def foreseen(now: Interval, launches: int, later: int) -> Interval:
    """The interval that `later` launches would give if they spread as the first did, at least two of them."""
    share = _reach(later) / _reach(launches)
    return Interval(
        ratio=now.ratio,
        low=now.ratio * (now.low / now.ratio) ** share,
        high=now.ratio * (now.high / now.ratio) ** share,
    )


_Figures = tuple[float, float, float, float]
"""Of one launch the logarithms of after/before and control/before, and the times before and after in nanoseconds."""


def timings(launches: Iterable[Sequence[Echoes]], routes: Mapping[str, str]) -> tuple[Timing, ...]:
    """The times of each route over all launches; those with fewer than two launches cannot be given.

    In one launch, the figure of a route is the median of the logarithms of after/before over its echoes, and of its p95 that over its
    stops.
    """
    collected: dict[tuple[str, Metric], list[_Figures]] = defaultdict(list)
    for launch in launches:
        for metric, figures_of, fits in _MEASURES:
            by_route: dict[str, list[Echoes]] = defaultdict(list)
            for echoes in launch:
                if fits(echoes):
                    by_route[routes[echoes.key]].append(echoes)
            for route, own in by_route.items():
                collected[route, metric].append(figures_of(own))
    found: list[Timing] = []
    for (route, metric), figures in sorted(collected.items()):
        ratios, controls, before, after = zip(*figures, strict=True)
        ratio, control = interval(ratios), interval(controls)
        if ratio is not None and control is not None:
            found.append(
                Timing(
                    route=route,
                    metric=metric,
                    before_ms=median(before) / 1e6,
                    after_ms=median(after) / 1e6,
                    interval=ratio,
                    control=control,
                    launches=len(figures),
                )
            )
    return tuple(found)


def _in_turns(own: Sequence[Echoes], what: str) -> _Figures:
    """The medians over pairs that were measured right beside each other."""
    pairs = [pair for echoes in own for pair in pair_up(echoes, BEFORE, AFTER, what)]
    controls = [pair for echoes in own for pair in pair_up(echoes, BEFORE, CONTROL, what)]
    return _medians(pairs, controls)


def _slowest(own: Sequence[Echoes]) -> _Figures:
    """The medians over stops of what 95 % of the requests in flight get their answer in."""
    p95 = [{side: _p95(values) for side, values in echoes.each_ns.items()} for echoes in own]
    return _medians(
        [(each[BEFORE], each[AFTER]) for each in p95], [(each[BEFORE], each[CONTROL]) for each in p95]
    )


def _p95(values: Sequence[int]) -> int:
    """By rank: the smallest that 95 % do not exceed."""
    return max(sorted(values)[math.ceil(0.95 * len(values)) - 1], 1)


def _medians(pairs: Sequence[tuple[int, int]], controls: Sequence[tuple[int, int]]) -> _Figures:
    return (
        median(math.log(after / before) for before, after in pairs),
        median(math.log(control / before) for before, control in controls),
        median(before for before, _ in pairs),
        median(after for _, after in pairs),
    )


_MEASURES: tuple[tuple[Metric, Callable[[Sequence[Echoes]], _Figures], Callable[[Echoes], bool]], ...] = (
    ("cpu", lambda own: _in_turns(own, "cpu"), lambda echoes: echoes.at_once == 1),
    ("duration", lambda own: _in_turns(own, "wall"), lambda echoes: echoes.at_once == 1),
    ("throughput", lambda own: _in_turns(own, "wall"), lambda echoes: echoes.at_once > 1),
    ("p95", _slowest, lambda echoes: echoes.each_ns.keys() >= set(SIDES)),
)
