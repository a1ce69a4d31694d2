"""Each problem's `cases/`: what must be found is found at its line and for its route, and nothing else is."""

from __future__ import annotations

import tomllib
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pytest

from pitstop import project
from pitstop.data import Finding
from pitstop.problems import Problem, discover

from .driven import told

CASES = [
    pytest.param(problem, case, id=f"{problem.name}-{case.name}")
    for problem in discover().values()
    for case in sorted((problem.folder / "cases").iterdir())
    if (case / "expected.toml").is_file()
]


@pytest.mark.parametrize(("problem", "case"), CASES)
def test_a_case_is_seen_as_it_says(problem: Problem, case: Path, tmp_path: Path) -> None:
    # What belongs to no route, such as an engine, is expected with an empty one; a confidence only where it matters.
    expected = tomllib.loads((case / "expected.toml").read_text("utf-8"))
    found = [
        (
            finding.location.path,
            _lines(case, finding.location.path)[finding.location.line - 1],
            finding.routes,
            finding.confidence,
        )
        for finding in _findings(problem, case, tmp_path, expected)
    ]
    besides = [
        (path, line.strip(), routes)
        for path, line, routes, confidence in found
        if not any(
            e["path"] == path
            and e["code"] in line
            and e["route"] in (routes or ("",))
            and e.get("confidence", confidence) == confidence
            for e in expected["finding"]
        )
    ]
    assert besides == [], f"{expected['why']} Found besides what is expected."
    assert len(found) == len(expected["finding"]), expected["why"]


@pytest.mark.parametrize("problem", discover().values(), ids=lambda problem: problem.name)
def test_there_are_traps_for_each_problem(problem: Problem) -> None:
    silent = [case for case in (problem.folder / "cases").glob("silent_*") if case.is_dir()]
    assert len(silent) >= 4


def _findings(problem: Problem, case: Path, folder: Path, expected: dict[str, Any]) -> Iterable[Finding]:
    """By the rule; a problem that only traces show is looked for while the case answers its `requests`."""
    if problem.rule is not None:
        return problem.rule(project.read(case, cache=False))
    return told(problem, folder, case, expected["requests"], **expected.get("orders", {}))


def _lines(case: Path, path: str) -> list[str]:
    return (case / path).read_text("utf-8").splitlines()
