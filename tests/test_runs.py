"""Runs that are kept, and how they are found again."""

from __future__ import annotations

from datetime import datetime, tzinfo
from pathlib import Path
from typing import Self

import msgspec
import pytest

from pitstop import runs
from pitstop.errors import UsageError
from pitstop.measures import Growth, MeasuredRun, RouteSummary, WorkloadSummary
from pitstop.patching.undo import state_folder
from tests.reports.sample import REPORT

NOTHING = RouteSummary(
    route="GET /x", requests=10, errors=0, p50_ms=0, p95_ms=0, p99_ms=0, cpu_ms=0, statements=0, rows=0,
    database_ms=0, blocked_ms=0, bytes=0,
)  # fmt: skip


def route(name: str = "GET /x", **figures: float) -> RouteSummary:
    """The figures of a route: zero but for those given."""
    return msgspec.structs.replace(NOTHING, route=name, **figures)


@pytest.fixture
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A tree whose state lies beside it."""
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    return tmp_path / "tree"


def test_a_kept_run_is_found_by_its_name_and_as_the_last(root: Path) -> None:
    first, second = runs.keep(root, (route("GET /a"),)), runs.keep(root, (route("GET /b"),))
    assert runs.find(root, first.id) == first
    assert runs.find(root, "last") == second
    assert not list(root.parent.glob("tree/*"))


def test_two_runs_of_one_moment_have_two_names(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    class Still(datetime):
        @classmethod
        def now(cls, tz: tzinfo | None = None) -> Self:
            return cls(2026, 1, 1, tzinfo=tz)

    monkeypatch.setattr(runs, "datetime", Still)
    first, second = runs.keep(root, (route("GET /a"),)), runs.keep(root, (route("GET /b"),))
    assert first.id < second.id
    assert runs.find(root, first.id).routes == first.routes


def test_a_report_will_do(root: Path, tmp_path: Path) -> None:
    path = tmp_path / "report.json"
    growth = Growth(small=10, large=100, routes=())
    report = msgspec.structs.replace(REPORT, growth=growth, workloads=(sent("tests", "tests"),))
    path.write_bytes(msgspec.json.encode(report))
    found = runs.find(root, str(path))
    assert (found.routes, found.workloads, found.rows) == (REPORT.routes, report.workloads, 100)


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"{", "is no report"),
        (msgspec.json.encode(msgspec.structs.replace(REPORT, routes=())), "holds no routes"),
    ],
)
def test_a_file_that_will_not_do(root: Path, tmp_path: Path, content: bytes, said: str) -> None:
    path = tmp_path / "report.json"
    path.write_bytes(content)
    with pytest.raises(UsageError, match=said):
        runs.find(root, str(path))


def test_names_that_mean_no_run(root: Path) -> None:
    with pytest.raises(UsageError, match="no run of this tree is kept"):
        runs.find(root, "last")
    kept = runs.keep(root, ())
    with pytest.raises(UsageError, match="there is no run nothing") as error:
        runs.find(root, "nothing")
    assert kept.id in str(error.value.hint)


def test_a_run_that_was_damaged(root: Path) -> None:
    kept = runs.keep(root, ())
    (state_folder(root) / "runs" / f"{kept.id}.json").write_bytes(b"{")
    with pytest.raises(UsageError, match="cannot be read"):
        runs.find(root, "last")


def test_old_runs_go(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(runs, "_KEPT", 2)
    names = [runs.keep(root, (route(f"GET /{n}"),)).id for n in range(4)]
    assert sorted(path.stem for path in (state_folder(root) / "runs").iterdir()) == sorted(names)[-2:]


def test_a_run_that_cannot_be_written_is_said(root: Path) -> None:
    state_folder(root).mkdir(parents=True)
    (state_folder(root) / "runs").write_text("no folder")
    name, (said,) = runs.try_to_keep(root, ())
    assert name == ""
    assert said.subject == "this run"
    assert "cannot be kept" in said.reason


def sent(name: str, kind: str = "recorded", requests: int = 10) -> WorkloadSummary:
    """A workload of so many requests."""
    return WorkloadSummary(name=name, kind=kind, requests=requests, errors=0, refused=0, routes=1)


def test_the_same_work_is_told_by_what_was_sent_and_to_how_much_data(root: Path) -> None:
    before = (sent("tests", "tests"), sent("a.jsonl"), sent("b.jsonl"))
    now = (sent("generated", "generated"), sent("a.jsonl"), sent("b.jsonl", requests=1_200))
    kept = runs.keep(root, (), before)
    assert runs.find(root, "last") == kept
    assert runs.unlike(kept, before[::-1], None) == ()
    assert runs.unlike(kept, now, 1_000) == (
        "the earlier run alone was sent the tests",
        "this run alone was sent generated requests",
        "the recording b.jsonl made 10 requests then and 1,200 now",
        "tables were as they came then and are filled to 1,000 rows now",
    )
    assert runs.unlike(runs.keep(root, (), now, 1_000), now, 1_000) == ()
    older = MeasuredRun(id="x", measured_at="", routes=())
    assert runs.unlike(older, now, 1_000) == ()
