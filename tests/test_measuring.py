"""Several workloads measured one after the other, some of which cannot be."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any, cast

import pytest

from pitstop import measuring
from pitstop.errors import TargetError, UsageError
from pitstop.known import Known
from pitstop.settings import Settings
from pitstop.target.process import Completed
from pitstop.target.workspace import Workspace
from pitstop.traces.merging import Part
from pitstop.traces.records import Run
from pitstop.workload.chosen import Given
from pitstop.workload.model import Driven, Passed, Replay, Tests


class Place:
    """Stands for a copy of the tree."""

    path = root = Path()

    def clone(self) -> Place:
        return self

    def close(self) -> None:
        pass


@pytest.fixture
def known(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Known:
    def measured(_: Known, __: Settings, ___: object, given: Given, *____: object, **_____: object) -> Driven:
        if given.name.startswith("bad"):
            raise TargetError(f"no {given.name}", "Mend it.")
        completed = Completed(command=(), returncode=0, timed_out=False, duration_s=0.0, output="")
        return Driven(ending=Passed(), run=Run(), completed=completed)

    monkeypatch.setattr(measuring, "_measured", measured)
    return Known(tmp_path)


def measure(known: Known, *names: str) -> Sequence[Part]:
    """The parts of a run of workloads that are called so."""
    given = [Given(name=name, kind="tests", workload=Tests()) for name in names]
    return measuring.measure(
        known, Settings(), cast(Any, None), given, cast(Workspace, Place())
    )[0]  # fmt: skip


def test_what_could_not_be_run_is_said_and_the_others_stand(known: Known) -> None:
    assert [part.name for part in measure(known, "bad first", "fine", "bad between", "last")] == [
        "fine",
        "last",
    ]
    assert [(each.subject, each.reason) for each in known.skipped] == [
        ("a workload", "bad first: no bad first. Mend it."),
        ("a workload", "bad between: no bad between. Mend it."),
    ]


def test_without_the_last_no_index_is_tried_and_that_is_said(known: Known) -> None:
    assert [part.name for part in measure(known, "fine", "bad")] == ["fine"]
    assert [each.subject for each in known.skipped] == ["a workload", "indexes"]
    assert "on the data of bad" in known.skipped[-1].reason


def test_where_none_could_be_run_the_first_reason_is_the_error(known: Known) -> None:
    with pytest.raises(TargetError, match="bad one: no bad one"):
        measure(known, "bad one", "bad two")
    with pytest.raises(TargetError, match=r"^no bad$"):
        measure(known, "bad")


def test_a_file_that_cannot_be_read_is_said_before_the_first_is_run(known: Known, tmp_path: Path) -> None:
    (tmp_path / "x.jsonl").write_text("{}\n")
    given = [
        Given(name="bad", kind="tests", workload=Tests()),
        Given(name="x", kind="recorded", workload=Replay(requests=tmp_path / "x.jsonl")),
    ]
    with pytest.raises(UsageError, match=r"x\.jsonl:1 is not a request"):
        measuring.measure(known, Settings(), cast(Any, None), given, cast(Workspace, Place()))
    assert not known.skipped
