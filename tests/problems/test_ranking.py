"""The order of findings, by themselves and beside an access log."""

from __future__ import annotations

from pitstop.data import Finding, Location, Severity, TraceEvidence
from pitstop.problems.diagnosis import rank


def found(
    name: str, *measured: tuple[str, float], severity: Severity = "medium", routes: tuple[str, ...] = ()
) -> Finding:
    return Finding(
        id=name,
        problem="n-plus-one-loop",
        domain="database",
        severity=severity,
        confidence="likely",
        message="",
        location=Location(path="main.py", line=1),
        route=routes[0] if routes else "",
        routes=routes,
        evidence=tuple(TraceEvidence(text="", figures={"duration_ms": ms}, route=route) for route, ms in measured),
    )  # fmt: skip


SLOW = found("slow", ("GET /rare", 500))
QUICK = found("quick", ("GET /often", 2))
BOTH = found("both", ("GET /often", 1), ("GET /rare", 300), ("GET /often", 3))
READ = found("read", severity="high", routes=("GET /rare", "GET /often"))
READ_RARE = found("read rare", severity="high", routes=("GET /rare",))
READ_NEVER = found("read never", severity="high")
ALL = [READ_NEVER, READ_RARE, READ, QUICK, BOTH, SLOW]


def names(asked: dict[str, int] | None) -> list[str]:
    return [finding.id for finding in rank(ALL, asked)]


def test_without_a_log_the_time_of_one_request_decides() -> None:
    assert names(None) == ["slow", "both", "quick", "read", "read rare", "read never"]


def test_with_a_log_the_time_of_all_requests_does() -> None:
    # 3 × 1,000 + 300 × 1 beside 2 × 1,000 and 500 × 1
    assert names({"GET /often": 1000, "GET /rare": 1}) == [
        "both",
        "quick",
        "slow",
        "read",
        "read rare",
        "read never",
    ]


def test_what_the_log_never_asks_for_comes_after_it_but_before_what_was_only_read() -> None:
    assert names({"GET /often": 10}) == ["both", "quick", "slow", "read", "read rare", "read never"]
