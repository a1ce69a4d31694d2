"""The whole road on a real service: found, mended, proved, handed over, taken back."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

from pitstop.data import Report
from pitstop.verdicts import Proved
from tests.road.command import Home, snapshot
from tests.road.service import lay, suite

pytestmark = pytest.mark.xdist_group("road-tune")

PROBLEMS = ["missing-response-model", "n-plus-one-loop"]
JSON = ("--format", "json", "--launches", "3", "--ignore", "no-compression")
"""The little service compresses nothing: true, and not what is tested here."""


def git(root: Path, *arguments: str) -> str:
    """What git says in a folder."""
    done = subprocess.run(
        ["git", "-c", "user.name=a", "-c", "user.email=a@b.example", *arguments],
        cwd=root,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def is_proved(report: Report) -> None:
    """Both problems were found and nothing else, and both repairs were proved."""
    assert sorted(finding.problem for finding in report.findings) == PROBLEMS, report.findings
    assert sorted(patch.problem for patch in report.patches) == PROBLEMS
    assert all(isinstance(each, Proved) for each in report.verdicts), report.verdicts
    assert len(report.verdicts) == 2
    for verdict in report.verdicts:
        assert verdict.tests == "4 passed"
        assert all(route.equal == route.compared for route in verdict.routes)
    assert not report.declined
    assert not report.skipped


def test_handed_over_as_files_and_as_a_branch(home: Home, tmp_path: Path) -> None:
    """In a folder of a repository, with white space and letters in its name, and with changes not committed."""
    top = tmp_path / "alle dienste"
    root = lay(top / "größe & co")
    main = root / "shop" / "main.py"
    main.write_bytes(main.read_bytes().replace(b"\n", b"\r\n"))
    git(top, "init", "-q", "-b", "main")
    git(top, "config", "core.autocrlf", "false")
    git(top, "add", ".")
    git(top, "commit", "-qm", "first")
    (root / "notes.txt").write_text("not committed\n", "utf-8")
    (root / "new.txt").write_text("not known to git\n", "utf-8")
    git(top, "add", "größe & co/notes.txt")
    before, head, status = snapshot(root), git(top, "rev-parse", "HEAD"), git(top, "status", "--porcelain=v2")
    index = (top / ".git" / "index").read_bytes()

    folder = home.path / "patch files"
    ended = home.run("tune", str(root), "--patches", str(folder), "--branch", "faster", *JSON)

    assert ended.code == 0, ended.err + ended.out
    is_proved(ended.report())
    assert snapshot(root) == before
    assert (git(top, "rev-parse", "HEAD"), git(top, "symbolic-ref", "HEAD")) == (head, "refs/heads/main\n")
    assert (top / ".git" / "index").read_bytes() == index
    assert git(top, "status", "--porcelain=v2") == status
    assert list(home.state.rglob("*")) == []

    assert git(top, "rev-list", "--count", "main..faster").strip() == "2"
    assert git(top, "diff", "--name-only", "-z", "main", "faster") == "größe & co/shop/main.py\0"
    files = sorted(folder.iterdir())
    assert [file.suffix for file in files] == [".patch", ".patch"]
    for file in files:
        git(top, "apply", "--directory=größe & co", str(file))
    mended = main.read_bytes()
    assert mended.count(b"\r\n") == mended.count(b"\n")
    assert subprocess.run(
        ["git", "cat-file", "blob", "faster:größe & co/shop/main.py"],
        cwd=top, capture_output=True, check=True, timeout=60,
    ).stdout == mended  # fmt: skip
    assert suite(root) == "4 passed"


def test_applied_and_taken_back(home: Home, tmp_path: Path) -> None:
    """Then the tree as mended is tuned: there is nothing left to propose."""
    root = lay(tmp_path / "service")
    before = {path: content for path, (_, _, content) in snapshot(root).items()}
    modes = {path: mode for path, (mode, _, _) in snapshot(root).items()}

    ended = home.run("tune", str(root), "--apply", *JSON)
    assert ended.code == 0, ended.err + ended.out
    is_proved(ended.report())
    assert ended.report().next.startswith("pitstop undo --path ")
    changed = {path for path, (_, _, content) in snapshot(root).items() if content != before.get(path)}
    assert changed == {"shop/main.py"}
    assert {path: mode for path, (mode, _, _) in snapshot(root).items()} == modes
    assert suite(root) == "4 passed"

    again = home.run("tune", str(root), *JSON)
    assert again.code == 0, again.err + again.out
    assert (again.report().findings, again.report().patches) == ((), ())

    undone = home.run("undo", "--path", str(root))
    assert undone.code == 0, undone.err
    assert undone.out.count("took back") == 2
    assert {path: content for path, (_, _, content) in snapshot(root).items()} == before
    nothing = home.run("undo", "--path", str(root))
    assert nothing.code == 2
    assert "No patch was applied" in nothing.err


def test_the_next_command_does_what_it_says(home: Home, tmp_path: Path) -> None:
    """Without an option the patches lie in pitstop's own folder; the last line of the report applies them."""
    top = tmp_path / "top"
    root = lay(top / "a service")
    git(top, "init", "-q", "-b", "main")
    git(top, "add", ".")
    git(top, "commit", "-qm", "first")
    before = snapshot(root)
    ended = home.run("tune", "a service", "--only", "n-plus-one-loop", "--launches", "2", cwd=top)
    assert ended.code == 1, ended.err + ended.out
    assert snapshot(root) == before
    command = ended.out.partition("\nNext: ")[2].strip()
    assert command.startswith("git -C 'a service' apply"), command
    subprocess.run(["sh", "-c", command], cwd=top, check=True, timeout=60)
    assert (
        git(top, "diff", "--name-only").strip() == '"a service/shop/main.py"'
        or git(top, "diff", "--name-only").strip() == "a service/shop/main.py"
    )
    assert "n-plus-one-loop" not in home.run("inspect", str(root)).out


def test_a_place_edited_since_is_not_taken_back_and_nobody_is_blamed(home: Home, tmp_path: Path) -> None:
    root = lay(tmp_path / "service")
    patched = home.run("tune", str(root), "--apply", "--only", "n-plus-one-loop", "--launches", "2")
    assert patched.code == 1, patched.err
    main = root / "shop" / "main.py"
    main.write_text(main.read_text("utf-8").replace("customers_by_id", "by_id"), "utf-8")
    before = snapshot(root)
    ended = home.run("undo", "--path", str(root))
    assert ended.code == 2, ended.err
    assert "shop/main.py, line" in ended.err
    assert "fault" not in ended.err
    assert snapshot(root) == before
    shutil.rmtree(home.state)
