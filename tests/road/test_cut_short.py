"""A run that ends in the middle: what was proved by then is in the user's hands, and nothing is half done."""

from __future__ import annotations

import subprocess
from collections.abc import Iterable
from pathlib import Path

import msgspec
import pytest

from pitstop.cli import main
from pitstop.data import Finding, Patch, Report
from pitstop.errors import TargetError
from pitstop.mending import Mending
from pitstop.patching.undo import applied, apply_to_tree, state_folder, undo
from pitstop.problems import discover
from pitstop.project import read
from pitstop.verdicts import Proved
from tests.road.command import snapshot
from tests.road.service import write

MAIN = """\
    import time

    from fastapi import FastAPI

    app = FastAPI()


    @app.get("/one")
    async def one() -> int:
        time.sleep(0.03)
        return 1


    @app.get("/two")
    async def two() -> int:
        time.sleep(0.03)
        return 2
"""
TEST = """\
    from fastapi.testclient import TestClient
    from main import app

    client = TestClient(app)


    def test_both():
        assert client.get("/one").json() + client.get("/two").json() == 3
"""
STOPS = {"interrupted": KeyboardInterrupt(), "no service": TargetError("the service is gone", "Look.")}


@pytest.fixture
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    return write(tmp_path / "service", {"main.py": MAIN, "test_main.py": TEST})


def propose(root: Path) -> list[Patch]:
    """The repairs of the tree, each on the tree as it is."""
    problem = discover()["blocking-call-in-async"]
    assert problem.rule is not None
    assert problem.fix is not None
    project = read(root)
    return [problem.fix(finding, project) for finding in problem.rule(project)]


def stopping(monkeypatch: pytest.MonkeyPatch, root: Path, stop: BaseException | None, proved: int) -> None:
    """Let mending end by `stop` once the first so many repairs are proved."""

    def mend(self: Mending, _: Iterable[Finding]) -> None:
        for patch in propose(root)[:proved]:
            verdict = Proved(
                patch=patch.id,
                finding=patch.finding,
                problem=patch.problem,
                title=patch.title,
                reason="faster",
            )
            self._record.patches.append(patch)
            self._record.verdicts.append(verdict)
        if stop is not None:
            raise stop

    monkeypatch.setattr(Mending, "mend", mend)


def tune(root: Path, out: Path, *options: str) -> tuple[int, Report]:
    """The exit code and the report of a run in this process."""
    code = main(
        ["tune", str(root), "--quiet", "--format", "json", "--output", str(out / "report.json"), *options]
    )
    return code, msgspec.json.decode((out / "report.json").read_bytes(), type=Report)


@pytest.mark.parametrize(("stop", "code"), [("interrupted", 1), ("no service", 3)])
def test_what_was_proved_by_then_is_in_patch_files_and_nowhere_else(
    root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, stop: str, code: int
) -> None:
    subprocess.run(["git", "init", "-q", str(root)], check=True, timeout=60)
    before = snapshot(root)
    stopping(monkeypatch, root, STOPS[stop], 1)
    ended, report = tune(root, tmp_path, "--apply")
    assert ended == code
    assert snapshot(root) == before
    assert not applied(root)
    (file,) = (state_folder(root) / "patches").iterdir()
    (cut,) = [each for each in report.skipped if "cut short" in each.reason]
    assert "1 of 2 findings" in cut.reason
    assert "patch files" in cut.reason
    assert report.next.startswith("git -C ")
    subprocess.run(["sh", "-c", report.next], check=True, timeout=60, cwd=tmp_path)
    assert "asyncio.sleep" in (root / "main.py").read_text("utf-8") or "def one" in file.read_text("utf-8")
    assert snapshot(root) != before


def test_the_folder_that_was_named_gets_them(
    root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    stopping(monkeypatch, root, KeyboardInterrupt(), 1)
    code, report = tune(root, tmp_path, "--patches", str(tmp_path / "mine"))
    assert code == 1
    assert len(list((tmp_path / "mine").iterdir())) == 1
    assert str(tmp_path / "mine") in report.next


def test_patch_files_of_an_earlier_run_go_with_the_next_whole_one(
    root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Not with one that is cut short before it proved anything; and what was applied can be undone all the same."""
    folder = state_folder(root) / "patches"
    before = snapshot(root)
    stopping(monkeypatch, root, None, 1)
    tune(root, tmp_path)
    kept = {path.name for path in folder.iterdir()}
    assert len(kept) == 1
    stopping(monkeypatch, root, KeyboardInterrupt(), 0)
    tune(root, tmp_path)
    assert {path.name for path in folder.iterdir()} == kept
    apply_to_tree(root, propose(root)[:1])
    stopping(monkeypatch, root, None, 0)
    code, report = tune(root, tmp_path)
    assert (code, report.next) == (1, "")
    assert not folder.exists()
    assert len(undo(root)) == 1
    assert {path: content for path, (_, _, content) in snapshot(root).items()} == {
        path: content for path, (_, _, content) in before.items()
    }
