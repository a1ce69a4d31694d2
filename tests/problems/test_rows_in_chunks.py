"""`callback-runs-sync-in-stream`: rows handed over in chunks, where nothing else happens in a turn."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from .trees import is_formatted, patched, reason, write

PROBLEM = "callback-runs-sync-in-stream"
MAIN = """\
from fastapi import FastAPI
from fastapi.responses import StreamingResponse

app = FastAPI()


def load() -> list[str]:
    return [str(n) for n in range(401)]


def line(row) -> str:
    return row + ";"


def lines(rows):
    yield "head\\n"
{loop}


@app.get("/export")
def export() -> StreamingResponse:
    {given}
    return StreamingResponse(lines(rows))
"""
RUN = (
    "from fastapi.testclient import TestClient; import main; print(TestClient(main.app).get('/export').text)"
)


def tree(root: Path, loop: str, given: str = "rows = load()") -> Path:
    indented = "\n".join(f"    {each}" for each in loop.split("\n"))
    return write(root, {"main.py": MAIN.format(loop=indented, given=given)})


def answer(root: Path) -> str:
    command = [sys.executable, "-c", RUN]
    return subprocess.run(command, cwd=root, capture_output=True, text=True, check=True, timeout=60).stdout


@pytest.mark.parametrize(
    "row", ['f"{row}\\n"', 'row + "\\n"', '"%s\\n" % row', "line(row)", '"x"', 'line(row) + ("a" if row else "b") + "\\n"']
)  # fmt: skip
def test_the_bytes_are_the_same(row: str, tmp_path: Path) -> None:
    tree(tmp_path, f"for row in rows:\n    yield {row}")
    before = answer(tmp_path)
    diff = patched(tmp_path, PROBLEM)
    assert "+    for start in range(0, len(rows), 200):\n" in diff
    assert answer(tmp_path) == before
    assert is_formatted(tmp_path, ["main.py"])


def test_a_name_that_is_taken_is_left_alone(tmp_path: Path) -> None:
    tree(tmp_path, "start = 1\nfor row in rows:\n    yield line(row)\nyield str(start)")
    before = answer(tmp_path)
    patched(tmp_path, PROBLEM)
    assert answer(tmp_path) == before


@pytest.mark.parametrize(
    ("loop", "why"),
    [
        ("for row in rows:\n    found = line(row)\n    yield found", "does more"),
        ("for n, row in enumerate(rows):\n    yield line(row)", "no name"),
        ("for row in rows:\n    # one each\n    yield line(row)", "comment"),
        ("for row in rows:\n    yield line(row)\nyield row", "outside of the loop"),
        ("for row in rows:\n    yield row.encode()", "cannot be told"),
        ("for row in rows:\n    yield line(row)\nelse:\n    yield 'end'", "does more"),
    ],
)
def test_what_cannot_be_joined_is_declined(loop: str, why: str, tmp_path: Path) -> None:
    assert why in reason(tree(tmp_path, loop), PROBLEM)


def test_rows_of_another_kind_are_declined(tmp_path: Path) -> None:
    given = "print(sum(len(each) for each in lines(iter(load()))))\n    rows = load()"
    tree(tmp_path, "for row in rows:\n    yield line(row)", given)
    assert "something else than a list" in reason(tmp_path, PROBLEM)


def test_an_expression_is_declined(tmp_path: Path) -> None:
    main = MAIN.replace("lines(rows))", "row + ';' for row in rows)")
    write(tmp_path, {"main.py": main.format(loop="    pass", given="rows = load()")})
    assert "generator expression" in reason(tmp_path, PROBLEM)
