"""Several workloads measured one after the other, some of which cannot be."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import nullcontext
from pathlib import Path
from typing import Any, cast

import msgspec
import pytest

from pitstop import measuring
from pitstop.data import Skipped
from pitstop.errors import TargetError, UsageError
from pitstop.known import Known
from pitstop.measures import ServedRun
from pitstop.settings import Settings
from pitstop.target.process import Completed
from pitstop.target.workspace import Workspace
from pitstop.traces.merging import Part
from pitstop.traces.records import Exchange, Run
from pitstop.workload.chosen import Given
from pitstop.workload.model import Driven, Passed, Replay, Tests

SERVED = ServedRun(
    kind="in order", requests=1, failed=0, seconds=1, p50_ms=1, p95_ms=1, p99_ms=1, cpu_ms=1, cores=1,
    memory_start_mb=1, memory_peak_mb=1, memory_end_mb=1,
)  # fmt: skip


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
    return measuring.measure(known, Settings(), cast(Any, None), given, cast(Workspace, Place())).parts


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


def test_each_workload_has_its_runs_with_fewer_rows_and_what_its_client_saw(
    known: Known, monkeypatch: pytest.MonkeyPatch
) -> None:
    def grown(record: Known, *given: object, **_: object) -> tuple[Run, Driven]:
        replay = given[2]
        assert isinstance(replay, Replay)
        name = replay.requests.name
        if name == "bad":
            raise TargetError("no bad", "Mend it.")
        record.served = (SERVED,)
        record.skipped.append(Skipped(stage="populate", subject="orders", reason="full"))
        asked = Exchange(key="replay#1", method="GET", path=f"/{name}", status=200)
        completed = Completed(command=(), returncode=0, timed_out=False, duration_s=0.0, output="")
        small = Run(exchanges=(msgspec.structs.replace(asked, duration_ns=1),))
        return small, Driven(ending=Passed(), run=Run(exchanges=(asked,)), completed=completed)

    monkeypatch.setattr(measuring, "_grown", grown)
    monkeypatch.setattr(measuring, "sendable", nullcontext)
    given = [
        Given(name=name, kind="recorded", workload=Replay(requests=Path(name)))
        for name in ("one", "bad", "two")
    ]
    place = cast(Workspace, Place())
    measured = measuring.measure(known, Settings(), cast(Any, None), given, place, rows=100)
    assert measured.small is not None
    assert [each.key for each in measured.driven.run.exchanges] == ["one#1", "two#1"]
    assert [(each.key, each.duration_ns) for each in measured.small.exchanges] == [("one#1", 1), ("two#1", 1)]
    assert [each.workload for each in known.served] == ["one", "two"]
    assert [each.subject for each in known.skipped] == ["orders", "a workload", "orders"]


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
