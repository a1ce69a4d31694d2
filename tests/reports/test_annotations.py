"""What of a report becomes a remark, and how bad it is."""

from __future__ import annotations

import msgspec
import pytest

from pitstop.reports.annotations import annotate
from pitstop.reports.outcome import is_green, remaining

from .hostile import HOSTILE, JUDGED, UNSURE
from .sample import EMPTY, REPORT


def test_what_is_left_is_remarked_under_its_own_id_and_what_was_mended_is_not() -> None:
    found = {each.fingerprint for each in annotate(REPORT) if each.finding is not None}
    assert found == {finding.id for finding in remaining(REPORT)}
    assert REPORT.findings[0].id not in found


def test_the_worst_come_first_and_keep_the_order_of_the_report() -> None:
    levels = [each.level for each in annotate(REPORT)]
    assert levels == sorted(levels, key=("error", "warning", "note").index)
    middle = [each.fingerprint for each in annotate(REPORT) if each.level == "warning" and each.finding]
    assert middle == [finding.id for finding in REPORT.findings if finding.severity == "medium"]


def test_a_repair_of_pitstops_own_that_failed_is_no_fault_of_the_code() -> None:
    assert [each for each in annotate(REPORT) if each.rule == "proof"] == []


@pytest.mark.parametrize(("report", "word"), [(JUDGED, "changed"), (UNSURE, "unproven")])
def test_a_change_that_was_judged_and_not_proved_is_an_error_where_it_begins(
    report: object, word: str
) -> None:
    assert isinstance(report, type(EMPTY))
    (found,) = [each for each in annotate(report) if each.rule == "proof"]
    assert found.level == "error"
    assert f": {word}, " in found.message
    assert found.location is not None
    assert (found.location.path, found.location.line) == ("blog/posts.py", 18)


def test_of_many_differences_the_first_are_told_and_how_to_see_them() -> None:
    (found,) = [each for each in annotate(JUDGED) if each.rule == "proof"]
    assert found.details[0] == "body GET /a: 1 → 2"
    assert found.details[1] == "GET /a: `b` is gone (breaking: response-property-removed)"
    assert found.details[-2:] == ("and 5 more differences", "Again: pitstop prove --test t")


def test_an_exceeded_budget_is_an_error_at_the_handler() -> None:
    (found, _) = [each for each in annotate(REPORT) if each.rule == "budget"]
    assert (found.level, found.message) == ("error", "GET /posts sends 51 statements, and may send 5")
    assert found.location is not None
    assert (found.location.path, found.location.line) == ("blog/posts.py", 21)
    dearer = msgspec.structs.replace(REPORT.budgets[0], measured=99.0)
    (again, _) = [
        each for each in annotate(msgspec.structs.replace(REPORT, budgets=(dearer,))) if each.rule == "budget"
    ]
    assert again.fingerprint == found.fingerprint


def test_of_a_review_questions_are_warnings_decisions_notes_and_looser_budgets_errors() -> None:
    found = [
        (each.level, each.rule, each.message)
        for each in annotate(REPORT)
        if each.rule in {"question", "decision"} or "allows more" in each.message
    ]
    assert found == [
        ("error", "budget", "the budget of GET /posts allows more: max_statements 5 → 8"),
        (
            "warning",
            "question",
            "All 6 other routes of its router ask who is calling, and POST /mail does not. Is it for anybody?",
        ),
        ("note", "decision", "package: the service depends on `celery` now"),
        ("note", "decision", "middleware: `timed` runs for no request any more"),
    ]


def test_of_a_contract_what_may_break_somebody_is_remarked() -> None:
    found = [(each.level, each.message) for each in annotate(JUDGED) if each.rule == "contract"]
    assert found == [("error", "GET /a: `b` is gone"), ("warning", "GET /a: may break")]


def test_what_was_not_looked_at_is_a_warning() -> None:
    found = [each for each in annotate(HOSTILE) if each.rule == "not-looked-at"]
    assert [each.level for each in found] == ["warning", "warning"]
    assert all(each.location is None for each in found)


@pytest.mark.parametrize("report", [EMPTY, REPORT, HOSTILE, JUDGED, UNSURE])
def test_there_is_nothing_to_remark_only_where_all_is_green(report: object) -> None:
    assert isinstance(report, type(EMPTY))
    silent = not annotate(report)
    assert silent == is_green(report)


def test_a_fingerprint_does_not_hang_on_lines_or_figures() -> None:
    finding = REPORT.findings[2]
    moved = msgspec.structs.replace(
        finding, location=msgspec.structs.replace(finding.location, line=99), message="20 times"
    )
    (before,) = annotate(msgspec.structs.replace(EMPTY, findings=(finding,)))
    (after,) = annotate(msgspec.structs.replace(EMPTY, findings=(moved,)))
    assert before.fingerprint == after.fingerprint
