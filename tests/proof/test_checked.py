"""What looks better and may be chance gets more launches; what does not, or cannot be settled by them, gets none."""

from __future__ import annotations

import math
import random
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest

from pitstop.errors import TargetError
from pitstop.proof.behaviour import Behaviour, RouteComparison
from pitstop.proof.checked import Checked, is_promising, stopped
from pitstop.proof.contract import Contract
from pitstop.proof.coverage import Exercise
from pitstop.proof.judge import Evidence
from pitstop.proof.lockstep import Echoes, Stop
from pitstop.proof.prover import Prover
from pitstop.proof.speed import AFTER, BEFORE, CONTROL, Plan
from pitstop.proof.tests import TestComparison
from pitstop.target.workspace import Workspace
from pitstop.verdicts import Change, Changed, Interval, Metric, NotFaster, Proved, RouteProof, Unproven
from pitstop.workload.drive import require
from pitstop.workload.model import BrokeOff, Ending, NeverEnded, Tests
from tests.proof.service import lay, patch

ROUTE = "GET /orders"
PATCH = patch(("app = FastAPI()", "app = FastAPI( )"), aims=("cpu",))
LAUNCHES = 4


def not_faster(ratio: float, high: float, metric: Metric = "cpu") -> NotFaster:
    """A verdict on one time, with an interval that is as wide below."""
    change = Change(
        metric=metric,
        before=10,
        after=10 * ratio,
        unit="ms",
        interval=Interval(ratio=ratio, low=ratio * ratio / high, high=high),
    )
    return NotFaster(
        patch="p",
        finding="f",
        problem="a-problem",
        title="a patch",
        reason="",
        routes=(RouteProof(route=ROUTE, compared=1, equal=1, changes=(change,)),),
    )


@pytest.mark.parametrize(
    ("ratio", "high", "is_so"),
    [
        (0.95, 0.98, True),
        (0.90, 1.05, True),
        (0.70, 1.60, True),
        (0.965, 1.10, False),  # more launches would not bring it below
        (0.98, 0.99, False),  # not worth a change, however sure
        (0.90, 3.0, False),
    ],
)
def test_it_is_promising_where_more_launches_may_settle_it(ratio: float, high: float, is_so: bool) -> None:
    assert is_promising(PATCH, not_faster(ratio, high), LAUNCHES, 12) is is_so


def test_a_restless_machine_may_be_calmer_in_more_launches() -> None:
    restless = Unproven(**msgspec.structs.asdict(not_faster(0.7, 0.9)))
    assert is_promising(PATCH, restless, LAUNCHES, 12)
    assert not is_promising(PATCH, msgspec.structs.replace(restless, routes=()), LAUNCHES, 12)


def test_what_is_not_aimed_at_promises_nothing() -> None:
    assert not is_promising(PATCH, not_faster(0.95, 0.98, "duration"), LAUNCHES, 12)
    assert not is_promising(PATCH, not_faster(0.95, 0.98), 1, 12)


class Machine:
    """Stands for the runner: launches whose ratios are drawn, for a change that takes `share` of the time."""

    def __init__(self, share: float, spread: float) -> None:
        self.share, self.spread = share, spread
        self.random = random.Random(3)
        self.asked: list[int] = []

    def timed(self, *_: Any, first: int) -> tuple[list[tuple[Echoes, ...]], list[str]]:
        self.asked.append(first)
        return [(self._launch(),) for _ in range(LAUNCHES)], []

    def _launch(self) -> Echoes:
        def after(share: float) -> tuple[int, ...]:
            return (round(1e8 * share * math.exp(self.random.gauss(0, self.spread))),)

        times = {BEFORE: (100_000_000,), AFTER: after(self.share), CONTROL: after(1.0)}
        return Echoes(key="k", at_once=1, cpu_ns=times, wall_ns=times)


@pytest.fixture
def prover(tmp_path: Path) -> Iterator[Prover]:
    target = lay(tmp_path)
    with Workspace(tmp_path) as workspace, Prover(target, Tests(), workspace) as opened:
        yield opened


def verdicts(prover: Prover, machine: Machine, trials: int) -> list[type]:
    """The kinds of verdict on one patch, over and over."""
    prover._runner = machine  # type: ignore[assignment]  # stands for it
    prover._versions = lambda *_, **__: {}  # type: ignore[method-assign]  # nothing is run
    evidence = Evidence(
        behaviour=Behaviour(routes=(RouteComparison(route=ROUTE, compared=1, equal=1),)),
        contract=Contract(documents=1),
        tests=TestComparison(summary=""),
        exercise=Exercise(run=1, all=1, routes=(ROUTE,)),
    )
    plan = Plan(tests=(), stops=(Stop(key="k", times=5),), routes={"k": ROUTE})
    checked = Checked(patch=PATCH, evidence=evidence, plan=plan)
    return [type(prover.time([checked], accepted=False)[0]) for _ in range(trials)]


@pytest.mark.parametrize("spread", [0.003, 0.006, 0.010])
def test_a_true_five_percent_is_found(prover: Prover, spread: float) -> None:
    # with four launches and no more it is 99, 73 and 34 of 100
    found = verdicts(prover, Machine(0.95, spread), 200)
    assert found.count(Proved) >= 190


@pytest.mark.parametrize("spread", [0.003, 0.010, 0.03, 0.1])
def test_nothing_is_not_found_and_costs_hardly_a_launch_more(prover: Prover, spread: float) -> None:
    machine = Machine(1.0, spread)
    found = verdicts(prover, machine, 300)
    assert Proved not in found
    # one in a hundred is unproven: the 99 % interval of the control does not hold 1
    assert found.count(NotFaster) >= 290
    assert len(machine.asked) <= 1.2 * 300


def test_no_launch_is_made_twice(prover: Prover) -> None:
    machine = Machine(0.95, 0.02)
    verdicts(prover, machine, 1)
    assert machine.asked == [1, 100, 200]


@pytest.mark.parametrize(
    ("ending", "kind"),
    [
        (NeverEnded(after_s=603, passed=86, last="tests/test_a.py::test_a"), Unproven),
        (BrokeOff(reached="86 tests", last="", cause="it was killed", hint="", output=""), Changed),
    ],
)
def test_time_that_ran_out_is_no_change(ending: Ending, kind: type[Changed | Unproven]) -> None:
    with pytest.raises(TargetError) as raised:
        require(ending)
    verdict = stopped(PATCH, raised.value)
    assert isinstance(verdict, kind)
    assert raised.value.message in str(verdict)
