"""What the rules found in a tree is kept for as long as nothing that it depends on has changed."""

from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import Path

import msgspec
import pytest

from pitstop import project
from pitstop.data import Finding
from pitstop.problems import Problem, discover
from pitstop.problems.reading import Reading, read
from pitstop.project import Project
from tests.road.service import write

MAIN = """\
    import time

    from fastapi import FastAPI

    app = FastAPI()


    @app.get("/slow")
    async def slow() -> None:
        time.sleep(1)
"""
BLOCKS, INDEX = discover()["blocking-call-in-async"], discover()["missing-index"]


class Counting:
    """A rule that tells how often it was asked."""

    def __init__(self, problem: Problem) -> None:
        self.asked = 0
        self._rule = problem.rule
        self.problem = msgspec.structs.replace(problem, rule=self)

    def __call__(self, given: Project) -> Iterable[Finding]:
        self.asked += 1
        assert self._rule is not None
        return self._rule(given)


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return write(tmp_path / "service", {"main.py": MAIN})


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "cache"


def reading_of(root: Path, folder: Path | None, *problems: Problem) -> Reading:
    reading, skipped = read(project.read(root, cache=False), problems, folder)
    assert skipped == []
    return reading


def test_a_tree_that_has_not_changed_is_read_once(root: Path, folder: Path) -> None:
    rule = Counting(BLOCKS)
    first, second = (reading_of(root, folder, rule.problem) for _ in range(2))
    assert rule.asked == 1
    assert first == second
    assert len(first.findings[BLOCKS.name]) == 1
    assert (len(first.apps), first.routes) == (1, 1)


def test_without_a_folder_nothing_is_kept(root: Path) -> None:
    rule = Counting(BLOCKS)
    for _ in range(2):
        reading_of(root, None, rule.problem)
    assert rule.asked == 2


def test_any_change_of_the_source_is_seen(root: Path, folder: Path) -> None:
    reading_of(root, folder, BLOCKS)
    write(root, {"main.py": MAIN.replace("time.sleep(1)", "pass")})
    assert reading_of(root, folder, BLOCKS).findings[BLOCKS.name] == ()
    (root / "main.py").rename(root / "app.py")
    assert reading_of(root, folder, BLOCKS).apps == ("app:app",)


def test_another_version_of_a_package_is_seen(root: Path, folder: Path) -> None:
    rule = Counting(BLOCKS)
    reading_of(root, folder, rule.problem)
    (root / "requirements.txt").write_text("fastapi==0.100.0\n")
    reading_of(root, folder, rule.problem)
    assert rule.asked == 2


def test_what_was_not_asked_before_is_asked_now(root: Path, folder: Path) -> None:
    reading_of(root, folder, INDEX)
    assert set(reading_of(root, folder, BLOCKS).findings) == {BLOCKS.name}
    assert len(reading_of(root, folder, INDEX, BLOCKS).findings[BLOCKS.name]) == 1


def test_a_rule_that_fails_is_said_each_time(root: Path, folder: Path) -> None:
    def fail(_: Project) -> Iterable[Finding]:
        raise RuntimeError("lost")

    broken = msgspec.structs.replace(BLOCKS, rule=fail)
    for _ in range(2):
        reading, skipped = read(project.read(root, cache=False), [broken, INDEX], folder)
        assert [each.subject for each in skipped] == [BLOCKS.name]
        assert set(reading.findings) == {INDEX.name}


def test_a_broken_store_only_costs_time(root: Path, folder: Path) -> None:
    reading_of(root, folder, BLOCKS)
    (folder / "readings.sqlite").write_bytes(b"not a database" * 100)
    assert len(reading_of(root, folder, BLOCKS).findings[BLOCKS.name]) == 1


@pytest.mark.filterwarnings("ignore:.*fork:DeprecationWarning")
def test_several_processes_find_what_one_does(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    shop = Path(__file__).parents[2] / "examples" / "shop"
    problems = tuple(discover().values())
    one, _ = read(project.read(shop, cache=False), problems, None)
    in_several_processes(monkeypatch)
    several, skipped = read(project.read(shop, cache=False), problems, None)
    assert several == one
    assert skipped == []


@pytest.mark.filterwarnings("ignore:.*fork:DeprecationWarning")
def test_a_rule_that_fails_in_another_process_is_skipped_with_its_reason(
    root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    in_several_processes(monkeypatch)
    others = [p for p in discover().values() if p.name != BLOCKS.name]
    broken = msgspec.structs.replace(BLOCKS, rule=fails)
    reading, (skipped,) = read(project.read(root, cache=False), [broken, *others], None)
    assert (skipped.subject, BLOCKS.name in reading.findings) == (BLOCKS.name, False)
    assert "no such luck" in skipped.reason
    assert len(reading.findings) == sum(p.rule is not None for p in others)


@pytest.mark.filterwarnings("ignore:.*fork:DeprecationWarning")
def test_a_process_that_dies_costs_no_finding(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    in_several_processes(monkeypatch)
    deadly = msgspec.structs.replace(BLOCKS, rule=dies_elsewhere)
    others = [p for p in discover().values() if p.name != BLOCKS.name]
    reading, skipped = read(project.read(root, cache=False), [deadly, *others], None)
    assert skipped == []
    assert BLOCKS.name in reading.findings


def in_several_processes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("pitstop.problems.reading._PARALLEL_FROM", 0)
    for module in ("pitstop.problems.reading", "pitstop.project.source"):
        monkeypatch.setattr(f"{module}.may_fork", lambda: True)


def fails(_: Project) -> list[Finding]:
    raise RuntimeError("no such luck")


HOME = os.getpid()


def dies_elsewhere(_: Project) -> list[Finding]:
    if os.getpid() != HOME:
        os._exit(1)
    return []
