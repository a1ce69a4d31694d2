from __future__ import annotations

import pytest

from pitstop.proof.tests import compare
from pitstop.traces.records import Run, TestOutcome
from tests.proof.runs import ended


@pytest.mark.parametrize(
    ("before", "after", "differs"),
    [
        ("passed", "passed", False),
        ("passed", "failed", True),
        ("passed", "error", True),
        ("passed", "skipped", True),
        ("skipped", "failed", True),
        ("skipped", "passed", False),
        ("failed", "failed", False),
        ("failed", "error", False),
        ("failed", "passed", False),
        ("failed", "skipped", False),
    ],
)
def test_what_passed_must_pass(before: str, after: str, differs: bool) -> None:
    found = compare(ended(a=before), ended(a=before), ended(a=after))
    assert bool(found.differences) == differs
    assert bool(found.mended) == (before != "passed" and after == "passed")


def test_a_test_that_did_not_run_is_a_difference_and_a_new_one_may_pass() -> None:
    both = ended(a="passed", b="passed")
    (lost,) = compare(both, both, ended(a="passed")).differences
    assert (lost.where, lost.after) == ("b", "did not run")
    one = ended(a="passed")
    assert compare(one, one, both).differences == ()
    (failed,) = compare(one, one, ended(a="passed", b="failed")).differences
    assert (failed.where, failed.after) == ("b", "E failed")


def test_what_sqlalchemy_adds_to_an_error_is_not_its_reason() -> None:
    said = "sqlite3.OperationalError: no such table: pets\n[SQL: SELECT 1]\n[parameters: ()]\n(Background on this error at: here)"
    after = Run(tests=(TestOutcome(id="a", outcome="error", message=said),))
    (found,) = compare(ended(a="passed"), ended(a="passed"), after).differences
    assert found.after == "failed: sqlite3.OperationalError: no such table: pets"


def test_flaky_tests_are_left_out_and_said() -> None:
    found = compare(
        ended(a="passed", b="passed"), ended(a="failed", b="passed"), ended(a="failed", b="failed")
    )
    assert [each.where for each in found.differences] == ["b"]
    assert found.flaky == ("a",)
    assert "1 flaky without the patch and not compared: a" in found.summary


def test_of_many_flaky_tests_two_are_named() -> None:
    found = compare(
        ended(a="passed", b="passed", c="passed"), ended(), ended(a="passed", b="failed", c="passed")
    )
    assert found.summary.endswith("3 flaky without the patch and not compared: a, b and 1 more")


def test_a_test_failed_if_any_of_its_phases_did() -> None:
    after = Run(tests=(TestOutcome(id="a", outcome="passed"), TestOutcome(id="a", outcome="error")))
    assert compare(ended(a="passed"), ended(a="passed"), after).differences


@pytest.mark.parametrize(
    ("before", "after", "summary"),
    [
        ({}, {}, ""),
        ({"a": "passed"}, {"a": "passed"}, "1 passed"),
        (
            {"a": "passed", "b": "failed"},
            {"a": "passed", "b": "failed"},
            "1 passed, 1 failed (as before)",
        ),
        (
            {"a": "failed", "b": "passed"},
            {"a": "failed", "b": "failed"},
            "0 passed, 2 failed (1 of them without the patch too)",
        ),
        ({"a": "failed"}, {"a": "passed"}, "1 passed, 1 that did not pass before"),
        ({"a": "skipped"}, {"a": "skipped"}, "0 passed, 1 skipped"),
    ],
)
def test_the_summary(before: dict[str, str], after: dict[str, str], summary: str) -> None:
    assert compare(ended(**before), ended(**before), ended(**after)).summary == summary
