"""Green means: all was looked at, nothing is left, no proof failed."""

from __future__ import annotations

import msgspec
import pytest

from pitstop.data import Report, Skipped
from pitstop.promises import ContractChange, ContractComparison, ContractSeverity
from pitstop.reports.outcome import is_green, is_within, remaining
from pitstop.verdicts import Verdict

from .sample import EMPTY, FINDINGS, REPORT, VERDICTS


def report(findings: int, *verdicts: Verdict) -> Report:
    return msgspec.structs.replace(EMPTY, findings=FINDINGS[:findings], verdicts=verdicts)


def test_an_empty_report_is_green() -> None:
    assert is_green(EMPTY)


def test_a_finding_is_left_until_a_repair_of_it_is_proved() -> None:
    assert remaining(report(1)) == FINDINGS[:1]
    assert not is_green(report(1))
    assert remaining(report(1, VERDICTS[0])) == ()
    assert is_green(report(1, VERDICTS[0]))
    assert remaining(report(2, VERDICTS[0])) == FINDINGS[1:2]


@pytest.mark.parametrize("verdict", VERDICTS[1:], ids=lambda verdict: type(verdict).__name__)
def test_a_proof_that_failed_is_not_green_even_where_another_passed(verdict: Verdict) -> None:
    same = msgspec.structs.replace(verdict, finding=VERDICTS[0].finding)
    assert not is_green(report(1, VERDICTS[0], same))


def test_a_budget_that_is_exceeded_is_not_green() -> None:
    over, kept = REPORT.budgets
    for judge in (is_green, is_within):
        assert judge(msgspec.structs.replace(EMPTY, budgets=(kept,)))
        assert not judge(msgspec.structs.replace(EMPTY, budgets=(kept, over)))


@pytest.mark.parametrize(
    ("stage", "within"), [("measure", False), ("copy", False), ("inspect", True), ("read", True)]
)
def test_budgets_are_kept_only_where_what_requests_cost_was_seen(stage: str, within: bool) -> None:
    skipped = (Skipped(stage=stage, subject="a", reason="b"),)
    assert is_within(msgspec.structs.replace(report(1), skipped=skipped)) == within, (
        "findings are for others to fail on"
    )


@pytest.mark.parametrize(("severity", "green"), [("breaking", False), ("warning", True), ("info", True)])
def test_a_contract_that_breaks_clients_is_not_green(severity: ContractSeverity, green: bool) -> None:
    change = ContractChange(rule="r", severity=severity, operation="GET /", place="", text="it is so")
    compared = ContractComparison(before="a", after="b", changes=(change,))
    assert is_green(msgspec.structs.replace(EMPTY, contract=compared)) is green


def test_what_was_not_looked_at_is_not_green() -> None:
    assert not is_green(msgspec.structs.replace(EMPTY, skipped=REPORT.skipped))
