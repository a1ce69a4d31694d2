"""Every problem is whole: its parts are there, and its page tells the truth."""

from __future__ import annotations

import ast
import re
import tomllib
from pathlib import Path

import pytest

from pitstop import project
from pitstop.data import Finding
from pitstop.problems import Problem, discover

from ..problems.driven import told
from .tree import PROBLEMS, code_files, problem_folders, requests_in, section

SECTIONS = (
    "What it is", "Why it costs", "Bad", "Good", "When to leave it", "How safe the fix is", "How to validate",
    "How to roll back",
)  # fmt: skip

each_folder = pytest.mark.parametrize("folder", problem_folders(), ids=lambda folder: folder.name)
each_problem = pytest.mark.parametrize("problem", discover().values(), ids=lambda problem: problem.name)


def page(problem: Problem) -> str:
    readme = problem.folder / "README.md"
    assert readme.is_file(), (
        f"{problem.name} has no README.md: write what it is, why it costs, bad and good code"
    )
    return readme.read_text("utf-8")


def found_in(problem: Problem, root: Path, requests: list[str]) -> list[Finding]:
    """What the rule finds in a tree; where there is none, what the detector does once its app has answered the requests."""
    if problem.rule is None:
        assert requests, f"{problem.name} has no rule: its examples need a block of `http` with requests"
        return told(problem, root.parent / "measured", root, requests)
    return [
        finding
        for finding in problem.rule(project.read(root, cache=False))
        if finding.problem == problem.name
    ]


def written(folder: Path, section_text: str) -> Path:
    folder /= "tree"
    for name, text in code_files(section_text).items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text)
    return folder


def test_there_are_problems_and_each_folder_is_one() -> None:
    assert problem_folders()
    assert {problem.folder for problem in discover().values()} == set(problem_folders())


@each_folder
def test_a_folder_is_named_as_its_problem(folder: Path) -> None:
    problem = discover()[folder.name.replace("_", "-")]
    assert problem.folder == folder
    assert folder.parent.name in {problem.domain.replace("-", "_"), f"{problem.domain}_"}


@each_problem
def test_its_parts_are_there(problem: Problem) -> None:
    rule, detector, fix = ((problem.folder / f"{part}.py").is_file() for part in ("rule", "detector", "fix"))
    assert rule or detector, f"{problem.name} has neither rule.py nor detector.py: nothing can find it"
    assert rule == (problem.rule is not None), f"{problem.name}: rule.py and PROBLEM.rule go together"
    assert detector == (problem.detector is not None), (
        f"{problem.name}: detector.py and PROBLEM.detector go together"
    )
    made = [problem.fix, *(choice.fix for choice in problem.choices)]
    assert fix == any(made), f"{problem.name}: fix.py goes together with PROBLEM.fix, or the fix of an option"
    names = [option.name for option in (*(choice.option for choice in problem.choices), *problem.options)]
    assert not (problem.choices and problem.options), (
        f"{problem.name}: options that can be chosen, or only such as cannot"
    )
    assert len(set(names)) == len(names), f"{problem.name}: two options have one name"
    assert all(re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", name) for name in names), (
        f"{problem.name}: an option is named in words with hyphens, to be typed"
    )
    if problem.fix_class in {"safe", "proved"}:
        assert problem.fix, f"{problem.name} promises a repair ({problem.fix_class}) but has none"
        assert problem.aims or "no figure" in page(problem), (
            f"{problem.name} does not say what its repair aims at, nor its page that there is no figure"
        )
    if problem.fix_class == "none":
        assert not fix, f"{problem.name} is advice only, but has a fix.py"


@each_problem
def test_its_page_has_every_section(problem: Problem) -> None:
    text = page(problem)
    missing = [title for title in SECTIONS if not section(text, title)]
    assert not missing, f"the README of {problem.name} lacks, or leaves empty: {', '.join(missing)}"
    titles = [title for title in re.findall(r"^## (.+?)\s*$", text, re.MULTILINE) if title in SECTIONS]
    assert titles == list(SECTIONS), f"the README of {problem.name} has its sections in another order"
    assert text.startswith(f"# {problem.name}\n"), (
        f"the README of {problem.name} does not begin with its name"
    )


@each_problem
def test_its_bad_example_is_found(problem: Problem, tmp_path: Path) -> None:
    bad = section(page(problem), "Bad") or ""
    assert code_files(bad), f"the README of {problem.name} has no Python block under Bad"
    found = found_in(problem, written(tmp_path, bad), requests_in(bad))
    assert found, "the example under Bad is not found"
    assert {finding.problem for finding in found} == {problem.name}


@each_problem
def test_its_good_example_is_silent(problem: Problem, tmp_path: Path) -> None:
    good = section(page(problem), "Good") or ""
    assert code_files(good), f"the README of {problem.name} has no Python block under Good"
    assert found_in(problem, written(tmp_path, good), requests_in(good)) == []


@each_problem
def test_its_examples_are_python(problem: Problem) -> None:
    for title in ("Bad", "Good"):
        for name, text in code_files(section(page(problem), title) or "").items():
            ast.parse(text, name)


@each_problem
def test_it_has_a_case_that_is_found_and_one_that_is_silent(problem: Problem) -> None:
    cases = [case for case in sorted((problem.folder / "cases").glob("*")) if case.is_dir()]
    assert all((case / "expected.toml").is_file() for case in cases), (
        f"a case of {problem.name} lacks expected.toml"
    )
    assert len(cases) >= 2, f"{problem.name} needs cases/: at least one to find and one to stay silent on"
    expected = [tomllib.loads((case / "expected.toml").read_text("utf-8")) for case in cases]
    if problem.rule is None:
        # `tests/problems/test_cases.py` runs each of them and compares.
        found = {bool(each["finding"]) for each in expected}
    else:
        found = {bool(found_in(problem, case, [])) for case in cases}
    assert found == {True, False}, f"{problem.name} needs a case that is found and one that is silent"


def test_nothing_but_problems_and_their_helpers_lies_in_a_domain() -> None:
    stray = [
        path.relative_to(PROBLEMS).as_posix()
        for path in PROBLEMS.glob("*/*")
        if path.is_file() and path.name != "__init__.py" and path.parent.name != "__pycache__"
    ]
    assert stray == []
