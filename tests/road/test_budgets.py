"""`pitstop measure --check`: a build that fails for what requests cost, and for nothing else."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.road.command import Home
from tests.road.small import FOUND, lay_small

pytestmark = pytest.mark.xdist_group("road-budgets")


def service(root: Path, budgets: str) -> Path:
    lay_small(root)
    # Long enough to be seen on a machine with other things to do.
    slow = (root / "main.py").read_text().replace("sleep(0.03)", "sleep(0.5)")
    (root / "main.py").write_text(slow)
    (root / "pitstop.toml").write_text(f"[budgets]\n{budgets}")
    return root


def test_kept_budgets_pass_though_there_are_findings(home: Home, tmp_path: Path) -> None:
    root = service(
        tmp_path / "service", '"GET *" = { max_statements = 0, max_bytes = 10, max_blocked_ms = 25000 }\n'
    )
    ended = home.run("measure", str(root), "--check", "--format", "json")
    report = ended.report()
    assert ended.code == 0
    assert [(each.limit, each.is_over) for each in report.budgets] == [
        ("max_statements", False),
        ("max_bytes", False),
        ("max_blocked_ms", False),
    ]
    assert [finding.problem for finding in report.findings] == [FOUND]
    assert home.run("measure", str(root)).code == 1


def test_an_exceeded_budget_fails_and_says_where(home: Home, tmp_path: Path) -> None:
    root = service(tmp_path / "service", '"GET /slow" = { max_blocked_ms = 20, p95 = 20000 }\n')
    ended = home.run(
        "measure", str(root), "--check", "--format", "json", "--report", f"concise={tmp_path / 'told'}"
    )
    over, kept = ended.report().budgets
    assert ended.code == 1
    assert (over.limit, over.path, over.line, over.test) == (
        "max_blocked_ms",
        "main.py",
        9,
        "test_main.py::test_slow",
    )
    assert 250 < over.measured < 20_000
    assert (kept.limit, kept.is_over) == ("p95", False)
    assert (
        "main.py:9:1: error budget: GET /slow blocks the event loop for " in (tmp_path / "told").read_text()
    )


@pytest.mark.parametrize(
    ("key", "reason"), [("GET /gone", "the service has no such route"), ("GET /quick", "no request asked it")]
)
def test_a_budget_that_nothing_was_measured_for_is_not_kept(
    home: Home, tmp_path: Path, key: str, reason: str
) -> None:
    root = service(tmp_path / "service", f'"{key}" = {{ max_statements = 1 }}\n')
    with (root / "main.py").open("a") as file:
        file.write('\n\n@app.get("/quick")\nasync def quick() -> int:\n    return 1\n')
    ended = home.run("measure", str(root), "--check", "--format", "json")
    (skipped,) = ended.report().skipped
    assert ended.code == 1
    assert (skipped.subject, skipped.reason) == (f"budget of {key}", reason)


def test_without_budgets_there_is_nothing_to_check(home: Home, tmp_path: Path) -> None:
    ended = home.run("measure", str(lay_small(tmp_path / "service")), "--check")
    assert ended.code == 2
    assert "[tool.pitstop.budgets]" in ended.err
