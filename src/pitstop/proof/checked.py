"""A patch that behaves as before: what it waits for until its times are taken, and what goes into one launch with it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import msgspec

from pitstop.data import Patch
from pitstop.errors import OvertimeError, TargetError
from pitstop.proof import behaviour, contract, tests
from pitstop.proof.coverage import Exercise
from pitstop.proof.judge import BETTER_BELOW, Evidence, judge
from pitstop.proof.speed import Plan, Timing, foreseen, shortened
from pitstop.target.workspace import Workspace
from pitstop.traces.records import Run
from pitstop.verdicts import Difference, NotFaster, Unproven, Verdict
from pitstop.workload.drive import Drive

_HOPE = 0.5
"""Of the interval that is foreseen of more launches, how much has to fit below the bar. What four launches show of their spread is a guess
itself: with half of it nearly all of a true 5 % that more launches can find is given them, and in noise they are seldom spent."""


@dataclass(frozen=True, slots=True)
class Trial:
    """A patch with which the app is running at this moment, on top of those that began before it."""

    patch: Patch
    clone: Workspace
    side: str
    drive: Drive


class Checked(msgspec.Struct, frozen=True, kw_only=True):
    """A patch that behaves as before and was exercised: what is left to find out is whether it helps."""

    patch: Patch
    evidence: Evidence
    plan: Plan

    @property
    def routes(self) -> frozenset[str]:
        """The routes whose figures the patch can change: those that it is for, and those that ran its lines."""
        return frozenset((*self.patch.routes, *self.evidence.exercise.routes))

    def started(self, timing: Timing | None, notes: Sequence[str]) -> Checked:
        """The same with how long the versions take to start, or why that is not known."""
        remarks = (*self.evidence.remarks, *notes)
        evidence = msgspec.structs.replace(self.evidence, start_up=timing, remarks=remarks)
        return msgspec.structs.replace(self, evidence=evidence)


def together(checked: Sequence[Checked]) -> Plan:
    """One plan for several patches, short enough for one launch."""
    return Plan(
        tests=tuple(dict.fromkeys(test for each in checked for test in each.plan.tests)),
        stops=shortened(tuple({s.key: s for each in checked for s in each.plan.stops}.values())),
        routes={key: route for each in checked for key, route in each.plan.routes.items()},
        what=checked[0].patch.title if len(checked) == 1 else f"{len(checked)} repairs together",
    )


def is_promising(patch: Patch, verdict: Verdict, launches: int, later: int) -> bool:
    """Whether a patch failed only for want of certainty, of its own times or of the machine's: a time it aims at may well lie below the bar as a
    whole after `later` launches."""
    if not isinstance(verdict, NotFaster | Unproven) or launches < 2:
        return False
    return any(
        each.ratio * (foreseen(each, launches, later).high / each.ratio) ** _HOPE < BETTER_BELOW
        for route in verdict.routes
        for change in route.changes
        if change.metric in patch.aims and (each := change.interval) is not None
    )


def is_suspect(patch: Patch, evidence: Evidence, after: Run) -> bool:
    """Whether something differs where the patch has no part in it, or where the unchanged app is noisy: that may be the app's own mood."""
    own = {*patch.routes, *evidence.exercise.routes}
    return (
        evidence.behaviour.suspect
        or evidence.behaviour.differs_beyond(own)
        or bool(strangers(patch, evidence, after))
    )


def strangers(patch: Patch, evidence: Evidence, after: Run) -> frozenset[str]:
    """The tests that end otherwise, and asked none of the routes that the patch has a part in."""
    own = {*patch.routes, *evidence.exercise.routes}
    concerned = {each.test for each in after.exchanges if each.endpoint in own}
    return frozenset(each.where for each in evidence.tests.differences if each.where not in concerned)


def stopped(patch: Patch, error: TargetError) -> Verdict:
    """The verdict on a patch with which the app cannot be run to its end any more.

    A busy machine lets the time run out as a patch does that hangs, so that alone is no change.
    """
    if isinstance(error, OvertimeError):
        return Unproven(
            patch=patch.id,
            finding=patch.finding,
            problem=patch.problem,
            title=patch.title,
            reason=f"with it {error.message}",
        )
    evidence = Evidence(
        behaviour=behaviour.Behaviour(
            differences=(
                Difference(kind="error", where="the service", before="it runs", after=error.message),
            )
        ),
        contract=contract.Contract(),
        tests=tests.TestComparison(summary=""),
        exercise=Exercise(run=0, all=0),
    )
    return judge(patch, evidence)
