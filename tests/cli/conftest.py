"""A pipeline that does no work: it gives what a test tells it to and remembers what it was asked."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pytest

from pitstop import verbs
from pitstop.data import Finding, Location, ProjectSummary, Report, Tool
from pitstop.proposing.model import Model
from pitstop.reports.progress import Progress
from pitstop.settings import Settings

EMPTY = Report(tool=Tool(name="pitstop", version="0"), project=ProjectSummary(app="shop.main:app"))
ONE_FINDING = Report(
    tool=EMPTY.tool,
    project=EMPTY.project,
    findings=(
        Finding(
            id="a1",
            problem="missing-index",
            domain="database",
            severity="high",
            confidence="certain",
            message="No index serves the filter",
            location=Location(path="shop/models.py", line=3),
        ),
    ),
)


class FakePipeline:
    """The port of `cli.Pipeline`, without the house behind it."""

    def __init__(self) -> None:
        self.report = EMPTY
        self.error: BaseException | None = None
        self.asked: list[tuple[str, Path, Settings | None, dict[str, object]]] = []

    def _answer(
        self, verb: str, root: Path, settings: Settings, progress: Progress, **more: object
    ) -> Report:
        self.asked.append((verb, root, settings, more))
        progress.phase(verb, 1)
        progress.step("working")
        if self.error is not None:
            raise self.error
        return self.report

    def inspect(
        self,
        root: Path,
        settings: Settings,
        progress: Progress,
        *,
        update: bool,
        prune: bool,
        effects: bool,
    ) -> Report:
        more = {"update": update, "prune": prune, "effects": effects}
        return self._answer("inspect", root, settings, progress, **more)

    def measure(
        self,
        root: Path,
        settings: Settings,
        progress: Progress,
        *,
        record: Path | None,
        compare: str | None,
        flame: Path | None,
        cases: int | None,
        serving: tuple[float, float] | None,
        rows: int | None,
        memory: bool,
        tests_too: bool,
    ) -> Report:
        files = {"record": record, "compare": compare, "flame": flame}
        sent = {"cases": cases, "serving": serving, "rows": rows, "memory": memory, "tests_too": tests_too}
        return self._answer("measure", root, settings, progress, **files, **sent)

    def contract(
        self, root: Path, settings: Settings, progress: Progress, *, named: tuple[str, str], are_commits: bool
    ) -> Report:
        return self._answer("contract", root, settings, progress, named=named, are_commits=are_commits)

    def populate(
        self,
        root: Path,
        settings: Settings,
        progress: Progress,
        *,
        rows: int,
        grow: Mapping[str, int],
        to: Path | None,
    ) -> Report:
        return self._answer("populate", root, settings, progress, rows=rows, grow=grow, to=to)

    def tune(
        self,
        root: Path,
        settings: Settings,
        progress: Progress,
        *,
        apply: bool,
        branch: str | None,
        patches: Path | None,
        only: tuple[str, ...],
        cases: int | None,
        again: bool,
        with_tests: bool,
        model: Model | None,
    ) -> Report:
        more: dict[str, object] = {
            "model": model,
            "apply": apply,
            "branch": branch,
            "patches": patches,
            "only": only,
            "cases": cases,
        }
        return self._answer("tune", root, settings, progress, **more, again=again, with_tests=with_tests)

    def prove(
        self,
        root: Path,
        settings: Settings,
        progress: Progress,
        *,
        commits: tuple[str, str] | None,
        patch: Path | None,
        cases: int | None,
        tests: tuple[str, ...],
        command: tuple[str, ...],
    ) -> Report:
        more = {"commits": commits, "patch": patch, "cases": cases, "tests": tests, "command": command}
        return self._answer("prove", root, settings, progress, **more)

    def undo(self, root: Path, patch: str | None) -> str:
        self.asked.append(("undo", root, None, {"patch": patch}))
        if self.error is not None:
            raise self.error
        return f"took back {patch or 'everything'}"


@pytest.fixture
def pipeline(monkeypatch: pytest.MonkeyPatch) -> FakePipeline:
    fake = FakePipeline()
    monkeypatch.setattr(verbs, "_pipeline", lambda: fake)
    monkeypatch.setattr("pitstop.reports.explain.pages", lambda _folder=None: dict.fromkeys(PROBLEMS, Path()))
    for name in ("NO_COLOR", "TERM"):
        monkeypatch.delenv(name, raising=False)
    return fake


PROBLEMS = ("client-per-request", "missing-index", "n-plus-one-loop")


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty project, which is also the current folder."""
    root = tmp_path / "shop"
    root.mkdir()
    monkeypatch.chdir(root)
    return root
