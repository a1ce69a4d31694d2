from __future__ import annotations

import sys
from collections import Counter
from pathlib import Path

import pytest

from pitstop.data import FileChange, Patch
from pitstop.errors import TargetError
from pitstop.proof.coverage import Exercise
from pitstop.proof.speed import AFTER, BEFORE, CONTROL
from pitstop.proof.starting import compare_starts, may_start_otherwise
from pitstop.target.model import App, Interpreter, Target
from pitstop.target.workspace import Workspace
from pitstop.workload.starting import StartUp, start_up
from tests.target.trees import snapshot


def test_each_side_is_started_in_turns_and_the_first_time_does_not_count() -> None:
    asked: list[str] = []

    def start(side: str) -> StartUp:
        asked.append(side)
        first = asked.count(side) == 1
        return StartUp(
            wall_ns=10**12 if first else {BEFORE: 400, AFTER: 100, CONTROL: 400}[side] * 10**6, cpu_ns=1
        )

    found, why = compare_starts(start, seed=1)
    assert found is not None
    assert not why
    assert (found.before_ms, found.after_ms) == (400, 100)
    assert found.interval.ratio == pytest.approx(0.25)
    assert found.control.ratio == pytest.approx(1)
    turns = [asked[at : at + 3] for at in range(0, len(asked), 3)]
    assert all(Counter(turn) == Counter((BEFORE, AFTER, CONTROL)) for turn in turns)
    assert len({tuple(turn) for turn in turns}) > 1


def test_why_a_version_does_not_start_is_said() -> None:
    def start(side: str) -> StartUp:
        if side == AFTER:
            raise TargetError("no module named orjson")
        return StartUp(wall_ns=1, cpu_ns=1)

    assert compare_starts(start, seed=1) == (None, "start-up could not be timed: no module named orjson")


CODE = """\
import time
from functools import cache

LIMIT = 3


@cache
def first(number: int = 1) -> int:
    total = number
    return total


class Shop:
    name = "first"

    async def second(self) -> int:
        def inner(factor: int = 2) -> int:
            return factor
        return inner()
"""


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ("total = number", "total = number + 0", False),
        ("factor: int = 2", "factor: int = 3", False),
        ("return inner()", "import json\n        return inner()", False),
        ("LIMIT = 3", "LIMIT = 3  # of all", False),
        ("LIMIT = 3", "LIMIT = 4", True),
        ("import time", "import time, json", True),
        ("@cache\n", "", True),
        ("number: int = 1", "number: int = 2", True),
        ('name = "first"', 'name = "other"', True),
        ("    async def second", "    def second", True),
        ("def first", "def other", True),
        ("LIMIT = 3", "LIMIT = (", True),
    ],
)
def test_only_bodies_that_requests_run_make_no_difference_to_the_start(
    old: str, new: str, expected: bool
) -> None:
    assert old in CODE
    patch = patched("shop/main.py", CODE, CODE.replace(old, new))
    assert may_start_otherwise(patch, Exercise(run=1, all=1)) is expected
    assert may_start_otherwise(patch, Exercise(run=1, all=1, outside=True))


@pytest.mark.parametrize(
    ("path", "before", "after", "expected"),
    [
        ("README.md", "one", "two", False),
        ("pyproject.toml", "one", "two", True),
        ("shop/new.py", None, CODE, True),
        ("shop/old.py", CODE, None, True),
    ],
)
def test_other_files_may_be_read_at_the_start(
    path: str, before: str | None, after: str | None, expected: bool
) -> None:
    assert may_start_otherwise(patched(path, before, after), Exercise(run=1, all=1)) is expected


def patched(path: str, before: str | None, after: str | None) -> Patch:
    change = FileChange(path=path, before=before, after=after)
    return Patch(id="", finding="", problem="", title="", changes=(change,), diff="", aims=())


MAIN = """
import time
from contextlib import asynccontextmanager

from fastapi import FastAPI

time.sleep(0.2)


@asynccontextmanager
async def lifespan(app):
    time.sleep(0.3)
    yield


app = FastAPI(lifespan=lifespan)
"""


def started(root: Path, main: str, *, lifespan: bool, app: bool = True) -> StartUp:
    (root / "service").mkdir(parents=True)
    (root / "service" / "main.py").write_text(main, "utf-8")
    target = Target(
        root=root / "service",
        interpreter=Interpreter(path=Path(sys.executable), version=sys.version_info[:3]),
        app=App(spec="main:app", file="main.py") if app else None,
    )
    before = snapshot(target.root)
    with Workspace(target.root) as workspace:
        try:
            return start_up(
                target, workspace.path, root / "cache", lifespan=lifespan, databases=("sqlite",), database=None,
                environment=None, timeout_s=60,
            )  # fmt: skip
        finally:
            assert snapshot(target.root) == before
            assert not list(workspace.path.rglob("*.pyc"))


def test_an_import_is_timed_and_a_start_where_it_is_asked_for(tmp_path: Path) -> None:
    imported = started(tmp_path / "one", MAIN, lifespan=False)
    assert imported.wall_ns > 200_000_000
    assert 0 < imported.cpu_ns < imported.wall_ns
    whole = started(tmp_path / "two", MAIN.replace("sleep(0.2)", "sleep(0)"), lifespan=True)
    assert whole.wall_ns > 300_000_000
    assert list((tmp_path / "two" / "cache").rglob("main*.pyc")), "it is compiled once"


@pytest.mark.parametrize(
    ("main", "said"),
    [("import nowhere_to_be_found\n", "nowhere_to_be_found"), ("1 / 0\n", "ZeroDivisionError")],
)
def test_what_cannot_be_started_says_why(tmp_path: Path, main: str, said: str) -> None:
    with pytest.raises(TargetError, match=said):
        started(tmp_path, main, lifespan=False)


def test_without_an_app_there_is_nothing_to_start(tmp_path: Path) -> None:
    with pytest.raises(TargetError, match="no app was found"):
        started(tmp_path, "", lifespan=False, app=False)
