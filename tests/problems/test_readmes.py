"""The pages of problems tell the truth: the fix turns the Bad example into the Good one, to the byte."""

from __future__ import annotations

from pathlib import Path

import pytest

from pitstop.problems import Problem, discover

from ..house.tree import code_files, requests_in, section
from .trees import is_formatted, patched, write

with_fix = pytest.mark.parametrize(
    "problem", [p for p in discover().values() if p.fix is not None], ids=lambda problem: problem.name
)


def examples(problem: Problem, title: str) -> dict[str, str]:
    return code_files(section((problem.folder / "README.md").read_text("utf-8"), title) or "")


@with_fix
def test_the_fix_turns_bad_into_good(problem: Problem, tmp_path: Path) -> None:
    bad, good = examples(problem, "Bad"), examples(problem, "Good")
    write(tmp_path, bad)
    page = (problem.folder / "README.md").read_text("utf-8")
    patched(tmp_path, problem.name, requests_in(section(page, "Bad") or ""))
    made = {path.relative_to(tmp_path).as_posix(): path.read_text("utf-8") for path in tmp_path.rglob("*.py")}
    assert made == good


@pytest.mark.parametrize("length", [88, 110])
@with_fix
def test_examples_are_formatted(problem: Problem, length: int, tmp_path: Path) -> None:
    for title in ("Bad", "Good"):
        files = examples(problem, title)
        write(tmp_path / title, files)
        assert is_formatted(tmp_path / title, files, length), title
