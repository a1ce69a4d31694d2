"""Lines that ran within a request."""

from __future__ import annotations

import ast

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pitstop_probe.hits import Instrument, Marks

from .runner import APPS, Runner

FILE = "branchy.py"
ALL = list(range(1, 70))


def marked(runner: Runner, path: str) -> set[str]:
    run = runner.requests("branchy:app", f"GET {path}", hits={FILE: ALL})
    lines = (runner.root / FILE).read_text().splitlines()
    return {lines[line - 1].partition("  # ")[2] for _, line in run.exchanges[0].lines} - {""}


@pytest.mark.parametrize(
    ("path", "marks"),
    [
        ("/1", {"one", "no error", "finally", "comprehension", "dependency"}),
        ("/2", {"elif", "two", "loop", "except", "handled", "finally", "comprehension", "dependency"}),
        ("/3", {"elif", "three", "loop", "except", "handled", "finally", "comprehension", "dependency"}),
        ("/raise/x", {"raise"}),
    ],
)
def test_what_ran(runner: Runner, path: str, marks: set[str]) -> None:
    assert marked(runner, path) == marks


def test_what_runs_at_import_is_no_hit(runner: Runner) -> None:
    run = runner.requests("branchy:app", "GET /1", hits={FILE: ALL})
    lines = {line for _, line in run.exchanges[0].lines}
    text = (runner.root / FILE).read_text().splitlines()
    outside = {
        n for n, line in enumerate(text, 1) if line.startswith(("@", "def ", "from ", "CONSTANT", "app"))
    }
    assert lines
    assert not lines & outside


def test_what_runs_while_no_request_is_under_way_is_told_apart(runner: Runner) -> None:
    script = """
    import contextlib, branchy
    with contextlib.suppress(LookupError):
        branchy.raises()
    """
    (outside,) = runner.script(script, hits={FILE: ALL}).outside
    lines = (runner.root / FILE).read_text().splitlines()
    assert "raise" in {lines[line - 1].partition("  # ")[2] for _, line in outside.lines}


def test_tracebacks_stay_as_they_are(runner: Runner) -> None:
    script = """
    import traceback, branchy
    try:
        branchy.raises()
    except LookupError as error:
        print(traceback.extract_tb(error.__traceback__)[-1].lineno)
    print(branchy.__doc__, branchy.dependency.__doc__, branchy.raises.__code__.co_firstlineno)
    """
    runner.script(script, hits={FILE: ALL})
    with_hits = runner.output
    runner.script(script)
    assert runner.output == with_hits


def test_only_the_named_lines(runner: Runner) -> None:
    line = runner.line(FILE, "one")
    run = runner.requests("branchy:app", "GET /1", "GET /2", hits={FILE: [line]})
    assert [exchange.lines for exchange in run.exchanges] == [((FILE, line),), ()]


def test_the_same_request_may_run_other_lines(runner: Runner) -> None:
    runner.write(
        "turning.py",
        """
        from itertools import cycle
        from fastapi import FastAPI
        app = FastAPI()
        turns = cycle([True, False, False])
        @app.get("/")
        async def turn() -> int:
            if next(turns):
                return 1
            return 1
        """,
    )
    run = runner.requests("turning:app", *["GET /"] * 6, hits={"turning.py": [9, 10]})
    assert [[line for _, line in each.lines] for each in run.exchanges] == 2 * [[9], [10], [10]]


def test_a_file_that_cannot_be_parsed_is_left_to_the_interpreter(runner: Runner) -> None:
    runner.write("broken.py", "def f(:\n")
    run = runner.script(
        "try:\n import broken\nexcept SyntaxError as e: print(e.filename)", hits={"broken.py": [1]}
    )
    assert "broken.py" in runner.output
    assert [fault.where for fault in run.faults] == ["hits"]


@given(st.lists(st.integers(1, 80), max_size=20))
@settings(max_examples=30)
def test_any_lines_of_any_file_compile(lines: list[int]) -> None:
    for path in sorted(APPS.glob("*.py")):
        tree = Instrument(Marks(), path.name, lines).module(ast.parse(path.read_text()))
        compile(tree, path.name, "exec")
