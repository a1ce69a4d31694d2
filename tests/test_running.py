"""One run of a service whose tables cannot be filled."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Any, NoReturn, cast

import pytest

from pitstop import running
from pitstop.errors import TargetError
from pitstop.known import Known
from pitstop.settings import Settings
from pitstop.target.model import Target
from pitstop.target.process import Completed
from pitstop.target.workspace import Workspace
from pitstop.traces.records import Exchange, Run
from pitstop.workload.model import Driven, Passed, Replay
from pitstop.workload.populate import UnfilledError


@pytest.mark.parametrize(
    ("known", "is_open", "sent"), [(True, False, False), (True, True, True), (False, False, True)]
)
def test_nothing_is_sent_to_tables_that_could_not_be_filled(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, known: bool, is_open: bool, sent: bool
) -> None:
    """But where a run may show which database is wanted, or why the service does not start."""
    drives: list[object] = []

    def fill(*_: object, **__: object) -> NoReturn:
        raise UnfilledError("no metadata", "Import it.", is_open=is_open)

    def drive(*_: object, **__: object) -> Driven:
        drives.append(None)
        answered = Exchange(key="replay#1", method="GET", path="/", status=200)
        completed = Completed(command=(), returncode=0, timed_out=False, duration_s=0.0, output="")
        return Driven(ending=Passed(passed=1), run=Run(exchanges=(answered,)), completed=completed)

    monkeypatch.setattr(running, "_fill", fill)
    monkeypatch.setattr(running, "_drive", drive)
    monkeypatch.setattr(running, "in_tree", lambda *_: "sqlite:///x.db" if known else None)
    record = Known(tmp_path)
    record.target = cast(Target, SimpleNamespace(start="", databases=()))
    place = cast(Workspace, SimpleNamespace(root=tmp_path, path=tmp_path))
    with pytest.raises(TargetError, match="no metadata"):
        running.run_once(record, Settings(), cast(Any, None), Replay(requests=tmp_path), place, rows=100)
    assert bool(drives) is sent
