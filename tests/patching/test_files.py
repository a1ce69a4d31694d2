from __future__ import annotations

import os
from pathlib import Path

import pytest

from pitstop.data import FileChange
from pitstop.errors import PatchError
from pitstop.patching.files import apply_changes


def tree(root: Path) -> dict[str, bytes]:
    return {str(p.relative_to(root)): p.read_bytes() for p in root.rglob("*") if p.is_file()}


def test_all_kinds_of_changes_with_bytes_and_mode_kept(tmp_path: Path) -> None:
    script = tmp_path / "run.py"
    script.write_bytes(b"\xef\xbb\xbfa = 1\r\n")
    script.chmod(0o751)
    (tmp_path / "old.py").write_text("x")
    apply_changes(
        tmp_path,
        [
            FileChange(path="run.py", before="\ufeffa = 1\r\n", after="\ufeffa = 2\r\n"),
            FileChange(path="old.py", before="x", after=None),
            FileChange(path="new/deep/file.py", before=None, after="n\n"),
        ],
    )
    assert tree(tmp_path) == {"run.py": b"\xef\xbb\xbfa = 2\r\n", "new/deep/file.py": b"n\n"}
    assert script.stat().st_mode & 0o777 == 0o751


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (FileChange(path="b.py", before="one\nother\n", after="x"), r"b\.py:2 is not the text"),
        (FileChange(path="gone.py", before="x", after="y"), "is gone"),
        (FileChange(path="b.py", before=None, after="y"), "there already"),
        (FileChange(path="../out.py", before=None, after="y"), "not a file under"),
        (FileChange(path="/etc/out.py", before=None, after="y"), "not a file under"),
        (FileChange(path="latin.py", before="x", after="y"), "not UTF-8"),
        (FileChange(path="a\0b", before=None, after="y"), "cannot be a file"),
        (FileChange(path="link.py", before="secret", after="y"), "not a file under"),
    ],
)
def test_one_change_that_does_not_fit_stops_all(
    tmp_path_factory: pytest.TempPathFactory, change: FileChange, said: str
) -> None:
    root, outside = tmp_path_factory.mktemp("root"), tmp_path_factory.mktemp("outside")
    (root / "a.py").write_text("a")
    (root / "b.py").write_text("one\ntwo\n")
    (root / "latin.py").write_bytes(b"\xe9")
    (outside / "s.py").write_text("secret")
    (root / "link.py").symlink_to(outside / "s.py")
    before = tree(root)
    with pytest.raises(PatchError, match=said):
        apply_changes(root, [FileChange(path="a.py", before="a", after="b"), change])
    assert tree(root) == before
    assert (outside / "s.py").read_text() == "secret"


@pytest.mark.parametrize("failing", [1, 2, 3])
@pytest.mark.parametrize("error", [OSError(28, "no space left"), KeyboardInterrupt()])
def test_what_stops_halfway_is_undone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, failing: int, error: BaseException
) -> None:
    for name in ("a.py", "b.py"):
        (tmp_path / name).write_text(name)
        (tmp_path / name).chmod(0o640)
    before = tree(tmp_path)
    original, calls = Path.replace, []

    def replace(self: Path, target: Path) -> Path:
        calls.append(target)
        if len(calls) == failing:
            raise error
        return original(self, target)

    monkeypatch.setattr(Path, "replace", replace)
    changed = [
        FileChange(path="a.py", before="a.py", after="x"),
        FileChange(path="new/c.py", before=None, after="y"),
        FileChange(path="b.py", before="b.py", after="z"),
    ]
    with pytest.raises((PatchError, KeyboardInterrupt)):
        apply_changes(tmp_path, changed)
    assert tree(tmp_path) == before
    assert sorted(os.listdir(tmp_path)) == ["a.py", "b.py"]  # noqa: PTH208 - folders and leftovers count too
    assert (tmp_path / "a.py").stat().st_mode & 0o777 == 0o640


def test_a_link_within_the_tree_stays_a_link(tmp_path: Path) -> None:
    (tmp_path / "real.py").write_text("a")
    (tmp_path / "link.py").symlink_to("real.py")
    apply_changes(tmp_path, [FileChange(path="link.py", before="a", after="b")])
    assert (tmp_path / "link.py").is_symlink()
    assert (tmp_path / "real.py").read_text() == "b"


def test_a_folder_that_cannot_be_written_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "a.py").write_text("a")

    def refuse(*_: object, **__: object) -> tuple[int, str]:
        raise PermissionError(13, "Permission denied", str(tmp_path))

    # the tests may run as root, whom no mode of a folder stops
    monkeypatch.setattr("pitstop.patching.files.tempfile.mkstemp", refuse)
    with pytest.raises(PatchError, match="cannot be written: Permission denied") as caught:
        apply_changes(tmp_path, [FileChange(path="a.py", before="a", after="b")])
    assert "Nothing was changed" in caught.value.hint
