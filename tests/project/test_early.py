"""Early returns: which of them may spare what comes after, and which only refuse what is not there."""

from __future__ import annotations

from pathlib import Path

import pytest

from pitstop.project import read
from pitstop.project.calls import Step
from pitstop.project.early import may_return_before

HEAD = "def last() -> None: ...\n\n"


@pytest.mark.parametrize(
    ("start", "early"),
    [
        ("if not rows:\n        return", True),
        ("if rows is None:\n        return", False),
        ("if not row:\n        return", False),
        ("if row is None:\n        return", False),
        ("if not fixed:\n        return", False),
        ("if rows == [1]:\n        return", True),
        ("if rows:\n        print(rows)", False),
        ("if not allowed(row):\n        return", False),
        (
            "if not fixed:\n        try:\n            if row == 1:\n                return\n        except OSError: ...",
            True,
        ),
        ("if row == 1:\n        if not row:\n            return", False),
        ("for x in rows:\n        if x == row:\n            return", True),
        ("pass", False),
    ],
)
def test_a_check_that_something_is_there_is_taken_to_pass(tmp_path: Path, start: str, early: bool) -> None:
    body = f"def inner(rows, row, fixed) -> None:\n    {start}\n    last()\n\n"
    call = "def outer(row: object) -> None:\n    rows = [x for x in 'ab']\n    inner(rows, row, fixed=[1])\n"
    (tmp_path / "main.py").write_text(HEAD + body + call)
    project = read(tmp_path, cache=False)
    outer, inner = (project.index.functions[f"main.{name}"] for name in ("outer", "inner"))
    steps = [Step(f, next(e.site for e in project.calls.edges(f))) for f in (outer, inner)]
    assert may_return_before(project.types, project.calls.values, steps) is early


def test_the_first_function_of_a_way_is_where_it_begins(tmp_path: Path) -> None:
    (tmp_path / "main.py").write_text(
        HEAD + "def outer(a) -> None:\n    if a == 1:\n        return\n    last()\n"
    )
    project = read(tmp_path, cache=False)
    outer = project.index.functions["main.outer"]
    assert not may_return_before(
        project.types, project.calls.values, [Step(outer, project.calls.edges(outer)[0].site)]
    )
