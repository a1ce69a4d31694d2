"""The code around findings."""

from __future__ import annotations

from pathlib import Path

import msgspec

from pitstop.data import Location
from pitstop.problems.excerpts import excerpts
from pitstop.project import read
from tests.reports.sample import FINDINGS

from .trees import write


def test_each_place_is_shown_once_with_what_stands_around_it(tmp_path: Path) -> None:
    text = "".join(f"line{number} = {number}\n" for number in range(1, 100))
    project = read(write(tmp_path, {"a.py": text, "b.py": "x = 1\n", "c.sql": "select 1\n"}), cache=False)
    finding = msgspec.structs.replace(
        FINDINGS[0],
        location=Location(path="a.py", line=10, end_line=12),
        call_path=(
            Location(path="b.py", line=1),
            Location(path="a.py", line=10),
            Location(path="c.sql", line=1),
        ),
    )
    long = msgspec.structs.replace(finding, location=Location(path="a.py", line=2, end_line=99), call_path=())
    gone = msgspec.structs.replace(finding, location=Location(path="a.py", line=500), call_path=())
    first, other, cut = excerpts([finding, finding, long, gone], project)
    assert (first.path, first.line, first.text.splitlines()[0], first.text.splitlines()[-1]) == (
        "a.py",
        7,
        "line7 = 7",
        "line15 = 15",
    )
    assert (other.path, other.line, other.text) == ("b.py", 1, "x = 1")
    assert (cut.line, len(cut.text.splitlines())) == (1, 45)
