"""What of somebody's change the proof says nothing of."""

from __future__ import annotations

import pytest

from pitstop.data import FileChange
from pitstop.patching.changesets import Changeset
from pitstop.proving import not_looked_at


def told(*paths: str) -> list[tuple[str, str]]:
    changes = tuple(FileChange(path=path, before="a\n", after="b\n") for path in paths)
    found = not_looked_at(Changeset(title="change", changes=changes), ("tests",))
    return [(each.subject, each.reason) for each in found]


@pytest.mark.parametrize("beside", [(), ("README.md", "docs/api.rst", ".gitignore")])
def test_of_code_and_what_is_for_people_nothing_is_left_out(beside: tuple[str, ...]) -> None:
    assert told("app/main.py", *beside) == []


def test_files_of_which_nothing_says_whether_a_request_needs_them() -> None:
    ((subject, reason),) = told("app/main.py", "app/page.html", "Dockerfile", "README.md")
    assert "app/page.html" in subject
    assert "Dockerfile" in subject
    assert "whether a request needs it is not known" in reason


@pytest.mark.parametrize(
    "path",
    ["app/prompts/system.md", "app/docs/terms.txt", "app/authors.json", "licenses.sql", "app/about.rst"],
)
def test_a_text_that_the_service_may_read_is_not_passed_over(path: str) -> None:
    assert [subject for subject, _ in told("app/main.py", path)] == [path]


def test_each_file_is_told_once() -> None:
    subjects = [subject for subject, _ in told("app/main.py", "pyproject.toml", "tests/rows.json", "a.yml")]
    assert sorted(subjects) == ["a.yml", "pyproject.toml", "tests/rows.json"]


def test_a_change_of_such_files_alone_is_what_is_judged() -> None:
    assert told("app/page.html", "README.md") == []
