"""Checklists: *yes* takes that something was looked for, read and measured."""

from __future__ import annotations

import msgspec
import pytest

from pitstop.data import Finding, ProjectSummary, Skipped
from pitstop.measures import RouteCoverage
from pitstop.pictures import Check
from pitstop.problems import discover
from pitstop.problems.checklists import _QUESTIONS, before_deploying, before_merging
from pitstop.verdicts import Difference, Interval, Proved, Verdict
from tests.reports.sample import EMPTY, FINDINGS, ROUTES, VERDICTS

LOOP = "Does nothing block the event loop?"
READ = msgspec.structs.replace(EMPTY, project=ProjectSummary(app="a:b", files=3))
MEASURED = msgspec.structs.replace(READ, routes=ROUTES, route_coverage=RouteCoverage(declared=12))


def deploying(
    report: object = MEASURED,
    findings: tuple[Finding, ...] = (),
    left_out: tuple[str, ...] = (),
    measured: bool = True,
) -> dict[str, Check]:
    assert isinstance(report, type(EMPTY))
    problems = [problem for name, problem in discover().items() if name not in left_out]
    checks = before_deploying(report, findings, problems, measured=measured)
    return {check.question: check for check in checks}


def test_each_problem_that_a_question_is_about_is_one_that_is_known() -> None:
    assert {name for question in _QUESTIONS for name in question.problems} <= set(discover())


def test_yes_takes_that_all_was_looked_for_read_and_measured() -> None:
    assert deploying()[LOOP].answer == "yes"
    assert deploying(measured=False)[LOOP].answer == "unknown"
    assert deploying(left_out=("cpu-work-in-async",))[LOOP].because == "not looked for: cpu-work-in-async"
    some = msgspec.structs.replace(MEASURED, route_coverage=RouteCoverage(declared=12, uncalled=("GET /a",)))
    assert "1 of 12 routes were not asked" in deploying(some)[LOOP].because


@pytest.mark.parametrize(
    ("skipped", "answer"),
    [
        (Skipped(stage="read", subject="a.py", reason="broken"), "unknown"),
        (Skipped(stage="inspect", subject="cpu-work-in-async", reason="ValueError"), "unknown"),
        (Skipped(stage="inspect", subject="a.py:3", reason="ignores nothing"), "yes"),
    ],
)
def test_what_was_not_looked_at_leaves_it_open(skipped: Skipped, answer: str) -> None:
    assert deploying(msgspec.structs.replace(MEASURED, skipped=(skipped,)))[LOOP].answer == answer


def test_a_finding_is_no_whatever_else_is_open() -> None:
    finding = FINDINGS[2]
    with_it = msgspec.structs.replace(READ, findings=(finding,))
    check = deploying(with_it, findings=(finding,), measured=False)[LOOP]
    assert (check.answer, check.findings) == ("no", (finding.id,))
    assert check.because == "1 finding: blocking-call-in-async"


def test_a_finding_that_the_report_does_not_tell_is_not_linked_to() -> None:
    check = deploying(READ, findings=FINDINGS[2:3], measured=False)[LOOP]
    assert (check.answer, check.findings) == ("no", ())
    assert check.because.endswith("; 1 of them by reading, which `pitstop inspect` tells")


def test_a_finding_that_is_mended_only_in_a_patch_is_still_there() -> None:
    with_it = msgspec.structs.replace(MEASURED, verdicts=VERDICTS, findings=FINDINGS[:1])
    found = deploying(with_it, findings=FINDINGS[:1])
    check = found["Are rows read with as few queries as it takes?"]
    assert (check.answer, check.because) == ("no", "1 finding: n-plus-one-loop, 1 with a proved repair")


def test_what_no_run_can_tell_is_never_answered() -> None:
    found = deploying()
    assert found["Does the database write a log of slow statements?"].answer == "unknown"
    assert found["Do all routes answer fast enough?"].answer == "unknown"
    assert "GET /posts is the slowest" in found["Do all routes answer fast enough?"].because


def merging(*verdicts: Verdict) -> dict[str, str]:
    report = msgspec.structs.replace(EMPTY, verdicts=verdicts)
    return {check.question: check.answer for check in before_merging(report, ())}


def test_of_repairs_those_that_are_kept_are_asked_about() -> None:
    found = merging(*VERDICTS)
    assert found["Does the service answer as before?"] == "yes"
    assert found["Does the OpenAPI document promise what it did?"] == "yes"
    assert found["Do the tests pass as before?"] == "yes"
    assert merging(*VERDICTS[1:]) == {}


def test_of_a_change_of_somebody_s_what_differed_is_no_and_what_nothing_ran_is_open() -> None:
    changed, unproven = (msgspec.structs.replace(VERDICTS[n], finding="") for n in (1, 3))
    assert merging(changed)["Does the service answer as before?"] == "no"
    assert merging(unproven)["Does the service answer as before?"] == "unknown"
    assert merging(unproven)["Do the tests pass as before?"] == "unknown"
    assert merging(unproven)["Does the OpenAPI document promise what it did?"] == "unknown"
    test = Difference(kind="test", where="t", before="passed", after="failed")
    assert (
        merging(msgspec.structs.replace(changed, differences=(test,)))["Do the tests pass as before?"] == "no"
    )


def test_a_route_that_got_slower_is_told() -> None:
    proved = VERDICTS[0]
    assert isinstance(proved, Proved)
    assert merging(proved)["Is no route slower?"] == "yes"
    route = proved.routes[0]
    slow = Interval(ratio=1.2, low=1.1, high=1.3)
    worse = msgspec.structs.replace(route.changes[1], interval=slow)
    slower = msgspec.structs.replace(proved, routes=(msgspec.structs.replace(route, changes=(worse,)),))
    assert merging(slower)["Is no route slower?"] == "no"
