"""Changes as git or a patch file has them: the texts before and after, and the way from the files that lie there."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from pitstop.data import FileChange
from pitstop.errors import PitstopError, UsageError
from pitstop.patching.changesets import Changeset, between, not_committed, of_patch
from tests.patching.test_git import git, state


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A folder of a repository with two commits, and one file that is not committed."""
    top = tmp_path / "repo"
    service = top / "größe"
    service.mkdir(parents=True)
    git(top, "init", "-q", "-b", "main")
    git(top, "config", "core.autocrlf", "false")
    (top / "outside.py").write_text("x = 1\n")
    (service / "a.py").write_text("a = 1\n")
    (service / "gone.py").write_text("gone = True\n")
    (service / "kept.py").write_text("kept = 1\n")
    (service / ".gitignore").write_text(".env\n")
    git(top, "add", ".")
    git(top, "commit", "-q", "-m", "first")
    git(top, "tag", "one")
    (top / "outside.py").write_text("x = 2\n")
    (service / "a.py").write_text("a = 2\r\n")
    (service / "gone.py").unlink()
    (service / "new file.py").write_text("new = 1\n")
    (service / "logo.png").write_bytes(b"\x89PNG\xff")
    git(top, "add", "-A")
    git(top, "commit", "-q", "-m", "second")
    git(top, "tag", "two")
    (service / ".env").write_text("SECRET=1\n")
    (service / "kept.py").write_text("kept = 2\n")
    return service


def laid(root: Path, found: Changeset) -> tuple[dict[str, str | None], dict[str, str | None]]:
    """What the files are that the change begins with, and what it makes of them."""
    here: dict[str, str | None] = {
        path.name: path.read_bytes().decode(errors="replace") for path in root.iterdir()
    }
    for changes in (found.base, found.changes):
        for change in changes:
            assert here.get(change.path) == change.before, change.path
            here[change.path] = change.after
        if changes is found.base:
            before = dict(here)
    return before, here


def test_from_one_commit_to_another_whatever_lies_there(root: Path) -> None:
    before, after = laid(root, found := between(root, "one", "two"))
    assert {c.path for c in found.changes} == {"a.py", "gone.py", "new file.py"}
    assert (before["a.py"], after["a.py"]) == ("a = 1\n", "a = 2\r\n")
    assert (before["gone.py"], after["gone.py"]) == ("gone = True\n", None)
    assert (before["new file.py"], after["new file.py"]) == (None, "new = 1\n")
    assert before["kept.py"] == after["kept.py"] == "kept = 1\n"
    assert before[".env"] == "SECRET=1\n"
    assert [each.subject for each in found.left_out] == ["logo.png"]


def test_what_is_not_committed(root: Path) -> None:
    was = state(root.parent)
    (root / "fresh.py").write_text("fresh = 1\n")
    before, after = laid(root, found := not_committed(root))
    assert {c.path for c in found.changes} == {"kept.py", "fresh.py"}
    assert (before["kept.py"], after["kept.py"]) == ("kept = 1\n", "kept = 2\n")
    assert (before["fresh.py"], after["fresh.py"]) == (None, "fresh = 1\n")
    (root / "fresh.py").unlink()
    assert state(root.parent) == was


@pytest.mark.parametrize("where", ["top", "root"])
def test_a_patch_file(root: Path, where: str, tmp_path: Path) -> None:
    (root / "a.py").write_text("a = 3\n")
    (root / "kept.py").rename(root / "moved.py")
    git(root, "add", "-N", "moved.py")
    folder = root.parent if where == "top" else root
    relative = [] if where == "top" else ["--relative"]
    command = ["git", "diff", "-M20%", *relative]
    text = subprocess.run(command, cwd=folder, capture_output=True, check=True, timeout=60).stdout
    git(root, "checkout", "-q", ".")
    git(root, "reset", "-q")
    (root / "moved.py").unlink()
    (root / "kept.py").write_text("kept = 1\n")
    patch = tmp_path / "x.patch"
    patch.write_bytes(text)
    found = of_patch(root, patch)
    assert found.base == ()
    assert {(c.path, c.after) for c in found.changes} == {
        ("a.py", "a = 3\n"),
        ("kept.py", None),
        ("moved.py", "kept = 2\n"),
    }
    assert not (root / "moved.py").exists()


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("nonsense\n", "no patch that git can read"),
        ("--- a/a.py\n+++ b/a.py\n@@ -1 +1 @@\n-a = 7\n+a = 8\n", "does not fit"),
        ("--- a/../x.py\n+++ b/../x.py\n@@ -0,0 +1 @@\n+a = 8\n", r"\.\./x\.py"),
    ],
)
def test_patch_files_that_cannot_be_used(root: Path, text: str, words: str, tmp_path: Path) -> None:
    patch = tmp_path / "x.patch"
    patch.write_text(text)
    with pytest.raises(PitstopError, match=words):
        of_patch(root, patch)
    assert not (tmp_path / "x.py").exists()


def test_names_that_git_does_not_know(root: Path, tmp_path: Path) -> None:
    for name in ("nowhere", "--output=x", "one..two"):
        with pytest.raises(UsageError, match="there is no commit"):
            between(root, name, "two")
    with pytest.raises(UsageError, match="not in a git repository"):
        between(tmp_path, "one", "two")


def test_a_change_of_nothing(root: Path) -> None:
    assert between(root, "two", "two").changes == ()
    assert (
        FileChange(path="kept.py", before="kept = 2\n", after="kept = 1\n")
        in between(root, "two", "two").base
    )


def test_many_files_take_no_more_processes_than_few(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    top = tmp_path / "repo"
    top.mkdir()
    git(top, "init", "-q", "-b", "main")
    (top / "a.py").write_text("a = 1\n")
    git(top, "add", ".")
    git(top, "commit", "-q", "-m", "first")
    for number in range(30):
        (top / f"b{number}.py").write_text(f"b = {number}\n")
    (top / "of two\nlines.py").write_text("c = 1\n")
    (top / "link.py").symlink_to("a.py")
    git(top, "add", ".")
    git(top, "commit", "-q", "-m", "second")
    (top / "a.py").unlink()
    (top / "b1.py").unlink()
    started: list[object] = []
    run = subprocess.run
    monkeypatch.setattr(subprocess, "run", lambda *a, **k: [started.append(a), run(*a, **k)][1])  # type: ignore[func-returns-value] # both in one
    found = between(top, "HEAD~1", "HEAD")
    texts = {change.path: change.after for change in found.changes}
    assert texts == {f"b{n}.py": f"b = {n}\n" for n in range(30)} | {"of two\nlines.py": "c = 1\n"}
    assert [(each.subject, each.reason) for each in found.left_out] == [
        ("link.py", "link.py is no ordinary file in git")
    ]
    assert len(started) < 20
