from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from pitstop.data import FileChange
from pitstop.errors import PatchError, UsageError
from pitstop.patching.git import create_branch, merge
from tests.patching.patches import TEXT, edited, patched


def git(folder: Path, *arguments: str) -> str:
    identity = ["-c", "user.name=t", "-c", "user.email=t@localhost", "-c", "commit.gpgsign=false"]
    done = subprocess.run(
        ["git", *identity, *arguments], cwd=folder, capture_output=True, text=True, check=True
    )
    return done.stdout


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    top = tmp_path / "repo"
    (top / "service").mkdir(parents=True)
    git(top, "init", "-q", "-b", "main")
    (top / "service" / "a.py").write_text(TEXT)
    (top / "service" / "a.py").chmod(0o755)
    (top / "other.txt").write_text("other\n")
    git(top, "add", ".")
    git(top, "commit", "-q", "-m", "first")
    return top


def state(top: Path) -> tuple[str, ...]:
    files = tuple(
        f"{p}:{p.read_bytes()!r}" for p in sorted(top.rglob("*")) if p.is_file() and ".git" not in p.parts
    )
    return (
        git(top, "status", "--porcelain"),
        git(top, "symbolic-ref", "HEAD"),
        git(top, "rev-parse", "HEAD"),
        *files,
    )


@pytest.mark.parametrize("identity", [True, False])
def test_one_commit_a_patch_and_nothing_else_is_touched(
    repository: Path, identity: bool, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("GIT_CONFIG_NOSYSTEM", "1")
    # as when a hook calls us
    monkeypatch.setenv("GIT_INDEX_FILE", str(tmp_path / "nonsense"))
    if identity:
        git(repository, "config", "user.name", "Somebody")
        git(repository, "config", "user.email", "s@localhost")
    monkeypatch.delenv("GIT_INDEX_FILE")
    (repository / "service" / "staged.py").write_text("s\n")
    git(repository, "add", "service/staged.py")
    (repository / "other.txt").write_text("mine\n")
    before = state(repository)
    monkeypatch.setenv("GIT_INDEX_FILE", str(tmp_path / "nonsense"))
    patches = [
        edited("line_02", "second"),
        edited("line_18", "eighteenth"),
        patched(FileChange(path="new/é.py", before=None, after="n\n")),
    ]
    commits = create_branch(repository / "service", "pitstop/mend", patches)
    monkeypatch.delenv("GIT_INDEX_FILE")
    assert state(repository) == before
    log = git(repository, "log", "--format=%H %an %s", "--reverse", "main..pitstop/mend").splitlines()
    name = "Somebody" if identity else "pitstop"
    assert log == [f"{commit} {name} mend it" for commit in commits]
    assert git(repository, "show", "--name-only", "--format=", commits[0]).strip() == "service/a.py"
    text = git(repository, "show", "pitstop/mend:service/a.py")
    assert text == TEXT.replace("line_02", "second").replace("line_18", "eighteenth")
    assert git(repository, "ls-tree", "pitstop/mend", "service/a.py").startswith("100755")
    assert git(repository, "show", "pitstop/mend:service/new/é.py") == "n\n"
    assert "staged.py" not in git(repository, "ls-tree", "-r", "--name-only", "pitstop/mend")
    body = git(repository, "log", "-1", "--format=%b", commits[0])
    assert "finding f1" in body
    assert "Risk: none" in body


def test_a_removed_file(repository: Path) -> None:
    patch = patched(FileChange(path="other.txt", before="other\n", after=None))
    create_branch(repository, "b", [patch])
    assert git(repository, "ls-tree", "-r", "--name-only", "b") == "service/a.py\n"


def test_a_patch_of_a_dirty_file_goes_on_top_of_what_is_committed(repository: Path) -> None:
    dirty = TEXT.replace("line_20", "mine")
    (repository / "service" / "a.py").write_text(dirty)
    patch = patched(FileChange(path="a.py", before=dirty, after=dirty.replace("line_02", "second")))
    create_branch(repository / "service", "b", [patch])
    assert git(repository, "show", "b:service/a.py") == TEXT.replace("line_02", "second")
    assert (repository / "service" / "a.py").read_text() == dirty


def test_a_patch_that_fits_only_uncommitted_text_is_refused(repository: Path) -> None:
    dirty = TEXT.replace("line_02", "mine")
    (repository / "service" / "a.py").write_text(dirty)
    patch = patched(FileChange(path="a.py", before=dirty, after=dirty.replace("mine", "yours")))
    with pytest.raises(UsageError, match="not committed") as caught:
        create_branch(repository / "service", "b", [edited("line_10", "ten"), patch])
    assert "Commit or stash" in caught.value.hint
    assert "b" not in git(repository, "branch", "--format=%(refname:short)").split()


def test_a_file_that_git_does_not_know_is_refused(repository: Path) -> None:
    (repository / "loose.py").write_text("x\n")
    with pytest.raises(UsageError, match=r"loose\.py is not committed"):
        create_branch(repository, "b", [patched(FileChange(path="loose.py", before="x\n", after="y\n"))])


def test_carriage_returns_that_git_turns_are_no_difference(repository: Path) -> None:
    git(repository, "config", "core.autocrlf", "true")
    present = TEXT.replace("\n", "\r\n")
    patch = patched(FileChange(path="a.py", before=present, after=present.replace("line_02", "second")))
    create_branch(repository / "service", "b", [patch])
    assert git(repository, "diff", "--numstat", "main", "b").split()[:2] == ["1", "1"]


@pytest.mark.parametrize("name", ["main", "-x", "a..b", "", "a b"])
def test_names_that_cannot_be_are_refused(repository: Path, name: str) -> None:
    with pytest.raises(UsageError):
        create_branch(repository, name, [edited("line_02", "second")])


def test_no_repository_no_commit_no_git(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(UsageError, match="not in a git repository") as caught:
        create_branch(tmp_path, "b", [])
    assert caught.value.hint
    git(tmp_path, "init", "-q")
    with pytest.raises(UsageError, match="no commit yet"):
        create_branch(tmp_path, "b", [])
    monkeypatch.setenv("PATH", "")
    with pytest.raises(UsageError, match="git is not installed"):
        create_branch(tmp_path, "b", [])


def test_merging() -> None:
    assert merge("a\r\nb\r\nc\r\nx\r\n", "a\r\nb\r\nc\r\n", "z\r\nb\r\nc\r\n", "f") == "z\r\nb\r\nc\r\nx\r\n"
    assert merge("same", "same", "new", "f") == "new"
    assert merge("new", "old", "new", "f") == "new"
    present = "".join(f"{n}\n" for n in range(30))
    mine = present.replace("5\n", "5 mine\n", 1).replace("20\n", "20 mine\n")
    theirs = present.replace("5\n", "5 theirs\n", 1).replace("20\n", "20 theirs\n")
    with pytest.raises(PatchError, match="f, lines 6, 21: "):
        merge(mine, present, theirs, "f")
