"""Comments that ignore: which are used, and which of the others anything is known of."""

from __future__ import annotations

from pathlib import Path

import msgspec
import pytest

from pitstop import project
from pitstop.data import Finding, FixOutlook, Location, SourceEvidence
from pitstop.problems import Problem, diagnosis, discover

from .trees import write

SERVICE = """\
import time

from fastapi import FastAPI

app = FastAPI()


@app.get("/")
async def root() -> int:
    time.sleep(1){comment}
    return 1
"""
NAME = "blocking-call-in-async"


def unused(root: Path, comment: str, problem: Problem, *, measured: bool) -> list[str]:
    """What is said of the comment of a service whose findings are those that the rule of `problem` gives."""
    read = project.read(write(root, {"main.py": SERVICE.replace("{comment}", comment)}), cache=False)
    found = list(problem.rule(read)) if problem.rule is not None else []
    _, skipped = diagnosis.without_ignored(read, found, [problem], measured=measured)
    return [each.reason for each in skipped]


@pytest.mark.parametrize("measured", [True, False])
def test_a_comment_that_is_used_is_not_mentioned(tmp_path: Path, measured: bool) -> None:
    assert unused(tmp_path, f"  # pitstop: ignore[{NAME}]", discover()[NAME], measured=measured) == []


def test_what_only_traces_show_may_yet_need_its_comment(tmp_path: Path) -> None:
    """Reading alone could not have used it, so nothing is said of it until the service was measured."""
    only_measured = msgspec.structs.replace(discover()[NAME], rule=None)
    comment = f"  # pitstop: ignore[{NAME}]"
    assert unused(tmp_path, comment, only_measured, measured=False) == []
    assert unused(tmp_path, comment, only_measured, measured=True) == [f"`ignore[{NAME}]` covers no finding"]


def test_what_reading_alone_shows_is_known_to_be_unused_without_measuring(tmp_path: Path) -> None:
    other = "missing-response-model"
    comment = f"  # pitstop: ignore[{other}]"
    said = [f"`ignore[{other}]` covers no finding"]
    assert unused(tmp_path, comment, discover()[other], measured=False) == said


@pytest.mark.parametrize(
    ("path", "confidence"),
    [
        ("main.py", "certain"),
        ("shop/examples.py", "certain"),
        ("examples/shop/main.py", "possible"),
        ("packages/sdk/Demos/main.py", "possible"),
        ("plugins/deprecated/main.py", "possible"),
        ("python-deprecated/main.py", "possible"),
    ],
)
def test_what_shows_how_to_use_a_library_serves_nobody(tmp_path: Path, path: str, confidence: str) -> None:
    read = project.read(write(tmp_path, {path: SERVICE.replace("{comment}", "")}), cache=False)
    (finding,), skipped = diagnosis.read(read, [discover()[NAME]])
    assert finding.confidence == confidence
    assert not skipped


@pytest.mark.parametrize(
    ("more", "command", "confidence"),
    [
        ("", "", "certain"),
        ("from mangum import Mangum\nhandler = Mangum(app)\n", "", "possible"),
        ("from mangum import Mangum\nhandler = Mangum(app)\n", "CMD uvicorn main:app --reload", "possible"),
        ("from mangum import Mangum\nhandler = Mangum(app)\n", "CMD uvicorn main:app", "certain"),
    ],
    ids=["a server", "Lambda", "Lambda, and a server for developing", "both"],
)
def test_nobody_else_waits_where_a_process_has_one_request(
    tmp_path: Path, more: str, command: str, confidence: str
) -> None:
    files = {"main.py": SERVICE.replace("{comment}", "") + more}
    if command:
        files["Dockerfile"] = f"FROM python:3.12\n{command}\n"
    (finding,), _ = diagnosis.read(project.read(write(tmp_path, files), cache=False), [discover()[NAME]])
    assert finding.confidence == confidence


@pytest.mark.parametrize(
    ("name", "path", "line", "told"),
    [
        ("n-plus-one-loop", "main.py", 12, {"n-plus-one-loop"}),
        ("n-plus-one-loop", "main.py", 13, {"n-plus-one-loop", "permission-per-object"}),
        ("n-plus-one-loop", "other.py", 12, {"n-plus-one-loop", "permission-per-object"}),
        ("missing-timeout", "main.py", 12, {"missing-timeout", "permission-per-object"}),
    ],
)
def test_what_is_told_of_a_line_is_not_told_again(name: str, path: str, line: int, told: set[str]) -> None:
    def finding(problem: str, path: str, line: int) -> Finding:
        place = Location(path=path, line=line, column=1, end_line=line, end_column=2)
        return Finding(
            id=problem, problem=problem, domain="auth", severity="low", confidence="certain", message="", location=place,
            evidence=(SourceEvidence(text=""),),
        )  # fmt: skip

    found = [finding("permission-per-object", "main.py", 12), finding(name, path, line)]
    assert {each.problem for each in diagnosis.merge(found)} == told


def test_a_finding_that_a_person_decides_on_comes_with_its_problems_options(tmp_path: Path) -> None:
    by_hand, chosen = discover()["internals-leaked"], discover()["missing-timeout"]
    assert by_hand.options
    assert chosen.choices
    read = project.read(write(tmp_path, {"main.py": SERVICE.replace("{comment}", "")}), cache=False)
    assert discover()[NAME].rule is not None
    (found,) = discover()[NAME].rule(read)  # type: ignore[misc]
    for problem, options in ((by_hand, by_hand.options), (chosen, tuple(c.option for c in chosen.choices))):
        finding = msgspec.structs.replace(
            found, problem=problem.name, fix=FixOutlook(fix_class="decide", options=())
        )
        (told,) = diagnosis.with_choices([finding])
        assert told.fix.options == options
    (left,) = diagnosis.with_choices([found])
    assert left.fix.options == ()
