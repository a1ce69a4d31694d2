"""Repairs that were dropped are not tried again for the same cause, and are for any other."""

from __future__ import annotations

from pathlib import Path

import msgspec
import pytest

from pitstop.data import FileChange, Patch
from pitstop.dropped import Memory
from pitstop.patching.undo import applied
from pitstop.settings import Settings
from pitstop.verdicts import Changed, NotFaster, Proved, Unproven, Verdict

MAIN = "from fastapi import FastAPI\n\napp = FastAPI()\n"


def memory(root: Path, cases: int | None = None, **settings: tuple[str, ...]) -> Memory:
    return Memory(root, root, msgspec.structs.replace(Settings(), **settings), cases)


def patch(name: str, after: str = MAIN) -> Patch:
    change = FileChange(path="main.py", before=MAIN, after=after)
    return Patch(id=name, finding="f", problem="p", title="t", changes=(change,), diff="", aims=())


def verdict(kind: type[Proved | Changed | NotFaster | Unproven], name: str) -> Verdict:
    return kind(patch=name, finding="f", problem="p", title="t", reason=f"{name} is so")


@pytest.fixture
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    folder = tmp_path / "service"
    folder.mkdir()
    (folder / "main.py").write_text(MAIN)
    return folder


KEPT = MAIN + "kept = 1\n"


@pytest.fixture
def remembered(root: Path) -> Path:
    patches = [patch("good", KEPT), patch("slow"), patch("other"), patch("unseen")]
    verdicts = [
        verdict(Proved, "good"), verdict(NotFaster, "slow"), verdict(Changed, "other"), verdict(Unproven, "unseen"),
    ]  # fmt: skip
    memory(root).keep(patches, verdicts)
    return root


def test_what_was_dropped_is_not_tried_again_in_the_same_tree(remembered: Path) -> None:
    reasons = memory(remembered).reasons
    assert reasons.keys() == {"slow", "other"}
    assert (
        "dropped, not faster: slow is so; the project's files and settings are as they were"
        in reasons["slow"]
    )
    assert "dropped, changed: other is so" in reasons["other"]


def test_nor_in_the_tree_with_what_was_kept(remembered: Path) -> None:
    (remembered / "main.py").write_text(KEPT)
    assert memory(remembered).reasons.keys() == {"slow", "other"}


def test_any_other_change_makes_it_worth_a_try(remembered: Path) -> None:
    (remembered / "main.py").write_text(MAIN + "kept = 2\n")
    assert not memory(remembered).reasons
    (remembered / "main.py").write_text(MAIN)
    (remembered / "data").mkdir()
    (remembered / "data" / "rows.json").write_text("[1]")
    assert not memory(remembered).reasons


def test_so_does_another_test(remembered: Path) -> None:
    (remembered / "test_main.py").write_text("def test_more(): ...\n")
    assert not memory(remembered).reasons


@pytest.mark.parametrize("at", [0, 9_000_000, 19_999_999])
def test_of_large_files_both_ends_are_looked_at(root: Path, at: int) -> None:
    large = root / "large.bin"
    large.write_bytes(bytes(20_000_000))
    memory(root).keep([patch("slow")], [verdict(NotFaster, "slow")])
    with large.open("r+b") as file:
        file.seek(at)
        file.write(b"x")
    assert bool(memory(root).reasons) is (at == 9_000_000)


def test_so_does_another_workload(remembered: Path) -> None:
    assert not memory(remembered, cases=5).reasons
    assert not memory(remembered, tests=("tests",)).reasons
    assert not memory(remembered, requests=("requests.jsonl",)).reasons


def test_it_is_no_record_of_an_applied_patch(remembered: Path) -> None:
    assert applied(remembered) == ()


def test_nothing_is_left_of_a_run_that_dropped_nothing(root: Path, tmp_path: Path) -> None:
    memory(root).keep([patch("good", KEPT)], [verdict(Proved, "good")])
    assert not list(tmp_path.rglob("dropped"))


def test_what_helps_now_is_forgotten(remembered: Path) -> None:
    memory(remembered).keep([patch("slow")], [verdict(Proved, "slow")])
    assert memory(remembered).reasons.keys() == {"other"}


def test_a_file_that_cannot_be_read_is_none(remembered: Path, tmp_path: Path) -> None:
    (file,) = tmp_path.rglob("dropped/patches.json")
    file.write_text("{")
    assert not memory(remembered).reasons
