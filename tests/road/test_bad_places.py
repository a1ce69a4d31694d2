"""Places that cannot be written: said before the work, and nothing is lost or half-written."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from pitstop import stages
from pitstop.data import FileChange, Finding, Location
from pitstop.known import Known
from pitstop.patching.edits import make_patch
from pitstop.proof.lockstep import LockStep
from pitstop.reports.progress import Silent
from pitstop.verdicts import Proved
from tests.road.command import Home, snapshot
from tests.road.service import write
from tests.road.small import FOUND, lay_small


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A service with one problem and one test."""
    return lay_small(tmp_path / "service")


def test_read_only_tree_is_measured_and_not_applied_to(home: Home, root: Path) -> None:
    main = root / "main.py"
    # On a machine that is busy with other tests a block of 30 ms may pass between two looks at the loop.
    main.write_text(main.read_text().replace("time.sleep(0.03)", "time.sleep(0.2)"))
    for path in (*root.rglob("*"), root):
        path.chmod(0o555 if path.is_dir() else 0o444)
    before = snapshot(root)
    ended = home.run("measure", str(root), unprivileged=True)
    assert ended.code == 1, ended.err
    assert "GET /slow" in ended.out
    refused = home.run("tune", str(root), "--apply", unprivileged=True)
    root.chmod(0o755)
    assert refused.code == 2, refused.err
    assert f"{root} cannot be written" in refused.err
    assert FOUND in refused.out
    assert snapshot(root) == before


def test_branch_without_git_is_said_before_the_work(home: Home, root: Path, tmp_path: Path) -> None:
    ended = home.run("tune", str(root), "--branch", "better")
    assert ended.code == 2, ended.err
    assert "is not in a git repository" in ended.err
    assert "measure" not in ended.err
    assert FOUND in ended.out
    (tmp_path / "bin").mkdir()
    home.environment["PATH"] = str(tmp_path / "bin")
    ended = home.run("tune", str(root), "--branch", "better")
    assert ended.code == 2, ended.err
    assert "git is not installed" in ended.err


def test_branch_that_is_there_already(home: Home, root: Path) -> None:
    git = ["git", "-C", str(root), "-c", "user.name=a", "-c", "user.email=a@b.example"]
    for arguments in (
        ["init", "-q", "-b", "main"],
        ["add", "."],
        ["commit", "-qm", "first"],
        ["branch", "pitstop"],
    ):
        subprocess.run([*git, *arguments], check=True, timeout=60)
    ended = home.run("tune", str(root), "--branch")
    assert ended.code == 2, ended.err
    assert "there is a branch pitstop already" in ended.err


@pytest.mark.parametrize("option", ["--apply", "--patches"])
def test_places_that_cannot_be_written_are_said_before_the_work(home: Home, root: Path, option: str) -> None:
    (home.path / "file").write_text("")
    home.environment["XDG_STATE_HOME"] = str(home.path / "file" / "state")
    given = [option] if option == "--apply" else [option, str(home.path / "file" / "patches")]
    before = snapshot(root)
    ended = home.run("tune", str(root), *given)
    assert ended.code == 2, ended.err
    assert "cannot be written" in ended.err
    assert FOUND in ended.out
    assert "measure" not in ended.err
    assert snapshot(root) == before


FULL = """\
    import errno
    import os
    import sys

    from pitstop.cli import main
    from pitstop.target import copying, workspace
    from pitstop.workload import launched


    def full(*_):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), "/full/file")


    if sys.argv.pop(1) == "copy":
        copying.copy_file = workspace.copy_file = full
    else:
        launched.lay_probe = full
    sys.exit(main())
"""


@pytest.mark.parametrize("when", ["copy", "run"])
def test_temporary_folder_that_is_full(home: Home, root: Path, when: str) -> None:
    script = write(home.path / "scripts", {"full.py": FULL}) / "full.py"
    done = subprocess.run(
        [sys.executable, str(script), when, "measure", str(root)],
        env={**os.environ, "TMPDIR": str(home.temporary), "XDG_CACHE_HOME": str(home.cache)},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 3, done.stderr
    assert ("no room" if when == "copy" else "/full/file: No space left on device") in done.stderr
    assert "TMPDIR" in done.stderr
    assert FOUND in done.stdout
    home.is_clean()


def test_temporary_folder_with_a_name_too_long_for_a_socket(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(write(tmp_path / ("long" * 30), {"x": ""})))
    with LockStep(("before", "control"), ()) as meeting:
        address = Path(meeting.address("control"))
        assert address.is_socket()
    assert not address.parent.exists()


def test_own_folder_for_patches_that_cannot_be_written_costs_no_report(
    root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nobody asked for that folder: the patches are in the report, and what to do is said."""
    write(tmp_path, {"file": ""})
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "file"))
    finding = Finding(
        id="f", problem=FOUND, domain="async", severity="high", confidence="certain", message="slow",
        location=Location(path="main.py", line=1),
    )  # fmt: skip
    before = (root / "main.py").read_text("utf-8")
    patch = make_patch(finding, "a patch", [FileChange(path="main.py", before=before, after="x = 1\n")], ())
    proved = Proved(patch=patch.id, finding="f", problem=FOUND, title="a patch", reason="faster")
    known = Known(root, patches=[patch], verdicts=[proved])
    stages.hand_over(known, Silent(), apply=False, branch=None, patches=None)
    (skipped,) = known.report().skipped
    assert skipped.stage == "hand over"
    assert "cannot be written" in skipped.reason
    assert known.next.endswith("--patches FOLDER")
