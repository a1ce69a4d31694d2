"""Runs of versions on bare servers, where the tables of a version could not be made."""

from __future__ import annotations

from contextlib import ExitStack
from pathlib import Path
from types import SimpleNamespace
from typing import NoReturn, cast

import pytest

from pitstop.errors import TargetError
from pitstop.proof import runner as runner_module
from pitstop.proof.launch import Version
from pitstop.proof.runner import Look, Runner
from pitstop.proof.speed import Plan
from pitstop.target.model import Target
from pitstop.target.process import Completed
from pitstop.target.workspace import Workspace
from pitstop.traces.records import Run
from pitstop.workload.databases import Databases, Ready
from pitstop.workload.launched import ProbeSettings
from pitstop.workload.model import Driven, Passed, Tests


class Bare:
    """Stands for databases of which one has no tables."""

    def prepare(self, side: str, tree: Path) -> Ready:
        del side, tree
        return Ready(url=None, data=None, environment={})

    def require_tables(self, side: str) -> None:
        if side == "after":
            raise TargetError("no tables for it", "")


@pytest.fixture
def runner() -> Runner:
    return Runner(
        cast(Target, SimpleNamespace(start="")),
        Tests(),
        cast(Databases, Bare()),
        ExitStack(),
        timeout_s=1,
        launches=1,
        allowed=None,
        on_progress=lambda _: None,
    )


def test_a_run_without_its_tables_is_none(runner: Runner) -> None:
    completed = Completed(command=(), returncode=0, timed_out=False, duration_s=0.0, output="")
    driven = Driven(ending=Passed(passed=1), run=Run(), completed=completed)
    assert runner.ended(driven, "before") is driven.run
    with pytest.raises(TargetError, match="no tables for it"):
        runner.ended(driven, "after")


def test_versions_without_their_tables_are_not_timed(
    runner: Runner, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def launch(*_: object, **__: object) -> NoReturn:
        raise AssertionError("it was started")

    monkeypatch.setattr(runner_module, "launch", launch)
    clone = cast(Workspace, SimpleNamespace(restore=lambda: None, path=tmp_path))
    version = Version(path=tmp_path)
    versions = {"before": (clone, version), "after": (clone, version)}
    assert runner.timed(Plan(tests=(), stops=(), routes={}), versions, first=1) == ([], ["no tables for it"])


@pytest.mark.parametrize(
    ("look", "counts"), [(Look(), True), (Look(plans=True), True), (Look(mingle=("GET /a",)), False)]
)
def test_the_database_is_not_counted_where_threads_may_share_a_connection(
    runner: Runner, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, look: Look, counts: bool
) -> None:
    given: list[ProbeSettings] = []

    def start(_workload: object, _target: object, _path: object, probe: ProbeSettings, **_: object) -> object:
        given.append(probe)
        return SimpleNamespace(stop=lambda: None)

    monkeypatch.setattr(runner_module, "start", start)
    runner.start(cast(Workspace, SimpleNamespace(path=tmp_path)), "before", look)
    assert [probe.work for probe in given] == [counts]
