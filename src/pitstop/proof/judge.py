"""The verdict: Changed before Unproven before NotFaster before Proved, with a reason a person understands."""

from __future__ import annotations

from collections.abc import Collection, Sequence

import msgspec

from pitstop.data import Patch
from pitstop.proof.behaviour import Behaviour
from pitstop.proof.contract import Contract
from pitstop.proof.counters import Counted
from pitstop.proof.coverage import Exercise, places
from pitstop.proof.speed import Timing
from pitstop.proof.tests import TestComparison
from pitstop.verdicts import (
    Change,
    Changed,
    Difference,
    Interval,
    Metric,
    NotFaster,
    Proved,
    RouteProof,
    Unproven,
    Verdict,
)

BETTER_BELOW = 0.97
"""A time is better when its whole interval lies below this: less is not worth a change of code."""
WORSE_ABOVE = 1.05
"""A time is worse when its whole interval lies above this."""
_RESTLESS = 10.0
"""How many times its lower end the upper one of an interval may be for its figures to say something."""
START_UP_MARGIN_MS = 50.0
"""Less than this of start-up nobody notices."""

_NOUNS: dict[Metric, str] = {
    "statements": "statements",
    "rows": "rows read",
    "commits": "commits",
    "connects": "database connections opened",
    "held_calls": "calls to other servers within an open transaction",
    "blocked_ms": "event loop blocked",
    "clients": "HTTP clients built",
    "work": "work of the database",
    "bytes": "bytes",
    "memory": "memory of the largest request",
    "cpu": "CPU",
    "duration": "time",
    "throughput": "time with several requests in flight",
    "p95": "p95 with several requests in flight",
    "start_up": "start-up",
}
_FASTER: dict[Metric, str] = {
    "duration": "",
    "throughput": " with several in flight",
    "p95": " in p95 with several in flight",
    "cpu": " in CPU",
}
_COMPENSATES: dict[Metric, frozenset[Metric]] = {
    # a thread hop costs a little CPU and time; that the loop stays free is what it is for
    "blocked_ms": frozenset({"cpu", "duration"}),
    "throughput": frozenset({"cpu", "duration", "p95"}),
    "p95": frozenset({"cpu", "duration"}),
    "duration": frozenset({"cpu"}),
}


class Evidence(msgspec.Struct, frozen=True, kw_only=True):
    """All that was found about a patch. `shared` is what requests answer otherwise while others are under way. `notes` say what could
    not be measured, and why; `remarks` what is worth knowing and decides nothing."""

    behaviour: Behaviour
    contract: Contract
    tests: TestComparison
    exercise: Exercise
    shared: tuple[Difference, ...] = ()
    counters: tuple[Counted, ...] = ()
    timings: tuple[Timing, ...] = ()
    start_up: Timing | None = None
    notes: tuple[str, ...] = ()
    remarks: tuple[str, ...] = ()


def judge(patch: Patch, evidence: Evidence) -> Verdict:
    """The verdict on a patch. One that aims at no figure is proved where all is as before and none got worse."""
    differences = _differences(evidence)
    if differences:
        return _verdict(Changed, patch, evidence, _why_changed(differences), differences)
    reason = _why_unproven(patch, evidence)
    if reason:
        return _verdict(Unproven, patch, evidence, reason)
    routes = _routes(patch, evidence)
    aims = patch.aims or tuple(_NOUNS)
    counters = [each for each in evidence.counters if each.route in routes and each.metric in aims]
    timings = [each for each in evidence.timings if each.route in routes and each.metric in aims]
    fell = [each for each in counters if each.fell]
    faster = [each for each in timings if is_faster(each)]
    better = {(each.route, each.metric) for each in fell} | {(each.route, each.metric) for each in faster}
    worse = _uncompensated(evidence.timings, better)
    # Compressing costs CPU, as the option says that somebody chose; how much, the reason says.
    if worse and not (patch.meant.compressed and "bytes" in patch.aims):
        return _verdict(NotFaster, patch, evidence, f"{_told(worse)} on {worse.route}")
    risen = [each for each in counters if each.rose and not any(each.route == route for route, _ in better)]
    if risen and not patch.aims:
        return _verdict(NotFaster, patch, evidence, f"{_counted(risen[0])} on {risen[0].route}")
    start = _start_that_differs(evidence)
    if start is not None and is_slower(start):
        return _verdict(NotFaster, patch, evidence, _started(start))
    if fell or faster:
        price = f"; it costs: {_told(worse)} on {worse.route}" if worse else ""
        return _verdict(Proved, patch, evidence, _why_proved(aims, fell, faster, evidence.timings) + price)
    if start is not None:
        return _verdict(Proved, patch, evidence, f"{_why_harmless(evidence)}, {_started(start)}")
    if not patch.aims:
        return _verdict(Proved, patch, evidence, _why_harmless(evidence))
    unsure = [each for each in timings if _hidden(each)]
    if unsure and len(unsure) == len(timings) and not counters:
        each = unsure[0]
        return _verdict(
            Unproven,
            patch,
            evidence,
            f"the machine was too restless to time it: the unchanged app against itself was "
            f"{_ratio(each.control.low)} to {_ratio(each.control.high)} on {each.route}",
        )
    return _verdict(NotFaster, patch, evidence, _why_not_faster(counters, timings))


def _start_that_differs(evidence: Evidence) -> Timing | None:
    """How long it took to start, where that is beyond doubt another time, by more than anybody would leave aside."""
    start = evidence.start_up
    if start is None or abs(start.after_ms - start.before_ms) < START_UP_MARGIN_MS:
        return None
    return start if is_slower(start) or is_faster(start) else None


def _started(start: Timing) -> str:
    how = "slower" if is_slower(start) else "faster"
    ratio = start.interval.ratio if is_slower(start) else 1 / start.interval.ratio
    return f"start-up {_ratio(ratio)} {how} ({_ms(start.before_ms)} → {_ms(start.after_ms)} ms)"


def settled(evidence: Evidence) -> bool:
    """Whether the verdict is settled without any timing, because something differs."""
    return bool(_differences(evidence))


def unexercised(patch: Patch, idle: Sequence[str]) -> Unproven:
    """The verdict on a patch that was not run, for no request would run it. `idle` are its functions, as an `Exercise` names them."""
    return Unproven(
        patch=patch.id,
        finding=patch.finding,
        problem=patch.problem,
        title=patch.title,
        reason=_not_run(idle),
        exercised=(0, len(list(places(patch)))),
    )


def _not_run(idle: Sequence[str]) -> str:
    return f"no request ran the changed lines of {_few(idle)}"


def is_faster(timing: Timing) -> bool:
    """Whether a time is better beyond doubt: its interval lies below the bar, and its ratio is none that the unchanged app
    shows against itself in the same launches."""
    return (
        timing.interval.high < BETTER_BELOW and _calm(timing) and timing.interval.ratio < timing.control.low
    )


def is_slower(timing: Timing) -> bool:
    """Whether a time is worse beyond doubt, by the same measure."""
    return timing.interval.low > WORSE_ABOVE and _calm(timing) and timing.interval.ratio > timing.control.high


def _calm(timing: Timing) -> bool:
    return timing.control.low <= 1 <= timing.control.high


def _hidden(timing: Timing) -> bool:
    """Whether there may be a gain that the machine's restlessness does not let us see."""
    return not _calm(timing) or (timing.interval.high < BETTER_BELOW and not is_faster(timing))


def _differences(evidence: Evidence) -> tuple[Difference, ...]:
    return (
        *evidence.contract.differences,
        *evidence.tests.differences,
        *evidence.behaviour.differences,
        *evidence.shared,
    )


def _routes(patch: Patch, evidence: Evidence) -> Collection[str]:
    """The routes that should gain; for a patch that names none, those that ran its lines."""
    return patch.routes or evidence.exercise.routes


def _why_changed(differences: Sequence[Difference]) -> str:
    # An app that did not get as far as to describe itself says less than the tests that failed for it.
    gone = [each for each in differences if each.kind == "contract" and each.change is None]
    first = next((each for each in differences if each.kind == "test" and gone), differences[0])
    if first.change is not None:
        more = f", and {len(differences) - 1} more differences" if len(differences) > 1 else ""
        return f"{first.change.operation or 'OpenAPI document'}: {first.change.text} ({first.change.severity}: {first.change.rule}){more}"
    what = f"{first.before} → {first.after}" if first.before or first.after else "differs"
    more = f", and {len(differences) - 1} more differences" if len(differences) > 1 else ""
    return f"{first.where}: {what}{more}"


def _why_unproven(patch: Patch, evidence: Evidence) -> str:
    """Why the patch cannot be judged, or nothing."""
    behaviour, exercise = evidence.behaviour, evidence.exercise
    routes = _routes(patch, evidence)
    if evidence.tests.unsure:
        return (
            f"{evidence.tests.unsure[0]} ended now this way and now that with it, and asks none of its routes: "
            "whether it does so by itself was not seen"
        )
    if behaviour.gaps:
        return f"not everything could be compared: {behaviour.gaps[0]}"
    if not any(route.compared for route in behaviour.routes):
        return "no request was recorded, so nothing could be compared"
    if exercise.idle and exercise.waits and patch.routes:
        return f"no request of the routes that it is for was answered below 400: {_few(patch.routes)}"
    if exercise.idle:
        return _not_run(exercise.idle)
    if not exercise.enough:
        return f"only {exercise.run} of {exercise.all} changed places were run by a request"
    for route in behaviour.routes:
        if route.doubtful and route.route in {*routes, *exercise.routes}:
            return (
                f"the answers of {route.route} differ from run to run by themselves "
                f"({route.blurred} of {route.compared}{f', such as {route.blur}' if route.blur else ''}), so they cannot be compared"
            )
    if not patch.aims:
        return ""
    measured = {each.metric for each in evidence.counters if each.route in routes}
    measured |= {each.metric for each in evidence.timings if each.route in routes}
    if not measured.intersection(patch.aims):
        why = f": {evidence.notes[0]}" if evidence.notes else ""
        aims = " or ".join(_NOUNS[aim] for aim in patch.aims)
        return f"{aims} could not be measured on {', '.join(routes) or 'any route'}{why}"
    return ""


def _few(names: Sequence[str]) -> str:
    more = f" and {len(names) - 3} more" if len(names) > 3 else ""
    return f"{', '.join(names[:3])}{more}"


def _uncompensated(timings: Sequence[Timing], better: Collection[tuple[str, Metric]]) -> Timing | None:
    """A time that got worse beyond doubt with no gain on its route that is worth it."""
    for each in timings:
        if is_slower(each):
            gains = [metric for route, metric in better if route == each.route]
            if not any(each.metric in _COMPENSATES.get(metric, frozenset()) for metric in gains):
                return each
    return None


def _told(timing: Timing) -> str:
    noun = _NOUNS[timing.metric]
    figures = f"({_ms(timing.before_ms)} → {_ms(timing.after_ms)} ms)"
    ratio = timing.interval.ratio
    return (
        f"{noun} {_ratio(1 / ratio)} better {figures}"
        if ratio < 1
        else f"{noun} {_ratio(ratio)} worse {figures}"
    )


def _ratio(value: float) -> str:
    return f"{value:.1f}×" if value >= 9.95 else f"{value:.2f}×"


def _ms(value: float) -> str:
    return f"{value:.0f}" if value >= 99.5 else f"{value:.1f}" if value >= 9.95 else f"{value:.2f}"


def _number(value: float) -> str:
    return f"{value:.0f}" if abs(value - round(value)) < 0.05 else f"{value:.1f}"


def _counted(counted: Counted) -> str:
    before, after = (_number(value) for value in counted.middle)
    if counted.metric == "work":
        return f"{counted.unit} {before} → {after}"
    unit = {"blocked_ms": " ms", "memory": " MB"}.get(counted.metric, "")
    return f"{_NOUNS[counted.metric]} {before} → {after}{unit}"


def _why_harmless(evidence: Evidence) -> str:
    there = [each for each in evidence.behaviour.routes if each.compared]
    compared = sum(each.compared for each in there)
    meant = " but for what is meant" if evidence.behaviour.meant else ""
    return f"answers as before{meant}: {compared} request{'s' if compared > 1 else ''} to {len(there)} route{'s' if len(there) > 1 else ''}"


def _why_proved(
    aims: Sequence[Metric], fell: Sequence[Counted], faster: Sequence[Timing], timings: Sequence[Timing]
) -> str:
    """The best figures of one route: counters that fell, then the time a user sees."""
    routes = [*(each.route for each in faster), *(each.route for each in fell)]
    route = max(dict.fromkeys(routes), key=routes.count)
    order = {aim: number for number, aim in enumerate(aims)}
    own = sorted((each for each in fell if each.route == route), key=lambda each: order[each.metric])
    parts = [_counted(each) for each in own]
    by_metric = {each.metric: each for each in timings if each.route == route}
    for metric, noun in _FASTER.items():
        timing = by_metric.get(metric)
        if timing is not None and is_faster(timing):
            ratio = _ratio(1 / timing.interval.ratio)
            parts.append(f"{ratio} faster{noun} ({_ms(timing.before_ms)} → {_ms(timing.after_ms)} ms)")
            break
    others = len(set(routes)) - 1
    more = f", and better on {others} more route{'s' if others > 1 else ''}" if others else ""
    return f"{', '.join(parts)} on {route}{more}"


def _why_not_faster(counters: Sequence[Counted], timings: Sequence[Timing]) -> str:
    several = len({each.route for each in counters} | {each.route for each in timings}) > 1
    parts = [_counted(each) + (f" on {each.route}" if several else "") for each in counters[:2]]
    parts += [
        f"{_NOUNS[each.metric]} {_ms(each.before_ms)} → {_ms(each.after_ms)} ms ({_between(each.interval)})"
        + (f" on {each.route}" if several else "")
        for each in timings[:2]
    ]
    return "nothing aimed at got better beyond doubt: " + ", ".join(parts)


def _between(interval: Interval) -> str:
    if interval.high > _RESTLESS * max(interval.low, 0.01):
        return "too restless to tell them apart"
    return f"ratio {interval.low:.2f} to {interval.high:.2f}"


def _proofs(patch: Patch, evidence: Evidence) -> tuple[RouteProof, ...]:
    first = list(dict.fromkeys((*patch.routes, *evidence.exercise.routes)))
    compared = {each.route: each for each in evidence.behaviour.routes}
    proofs: list[RouteProof] = []
    for route in (
        *(each for each in first if each in compared),
        *(each for each in compared if each not in first),
    ):
        changes = [
            Change(metric=each.metric, before=each.middle[0], after=each.middle[1], unit=each.unit)
            for each in evidence.counters
            if each.route == route and any(each.middle)
        ]
        changes += [_change(each) for each in evidence.timings if each.route == route]
        own = compared[route]
        proofs.append(RouteProof(route=route, compared=own.compared, equal=own.equal, changes=tuple(changes)))
    return tuple(proofs)


def _change(timing: Timing) -> Change:
    return Change(
        metric=timing.metric,
        before=timing.before_ms,
        after=timing.after_ms,
        unit="ms",
        interval=timing.interval,
        control=timing.control,
    )


def _verdict(
    kind: type[Proved | Changed | NotFaster | Unproven],
    patch: Patch,
    evidence: Evidence,
    reason: str,
    differences: tuple[Difference, ...] = (),
) -> Verdict:
    return kind(
        patch=patch.id,
        finding=patch.finding,
        problem=patch.problem,
        title=patch.title,
        reason=reason,
        routes=_proofs(patch, evidence),
        differences=differences,
        start_up=_change(evidence.start_up) if evidence.start_up is not None else None,
        tests=evidence.tests.summary,
        exercised=(evidence.exercise.run, evidence.exercise.all),
        notes=tuple(
            f"{place}: no statement names an order, so rows may come in any: compared as a multiset"
            for place in evidence.behaviour.unordered
        )
        + evidence.behaviour.meant
        + evidence.remarks,
    )
