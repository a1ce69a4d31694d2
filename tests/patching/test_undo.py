from __future__ import annotations

import subprocess
from itertools import permutations
from pathlib import Path

import pytest

from pitstop.data import FileChange, Patch
from pitstop.errors import PatchError, UsageError
from pitstop.patching.undo import applied, apply_to_tree, state_folder, undo, write_patch_files
from tests.patching.patches import TEXT, edited, patched


@pytest.fixture(autouse=True)
def _state(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))


@pytest.fixture
def root(tmp_path: Path) -> Path:
    root = tmp_path / "project"
    root.mkdir()
    (root / "a.py").write_text(TEXT)
    return root


THREE = (edited("line_02", "second"), edited("line_10", "tenth"), edited("line_18", "eighteenth"))


def test_patches_of_one_text_are_all_applied_and_kept_on_record(root: Path) -> None:
    records = apply_to_tree(root, THREE)
    text = (root / "a.py").read_text()
    assert all(word in text for word in ("second", "tenth", "eighteenth"))
    assert applied(root) == records
    assert [each.patch for each in records] == [each.id for each in THREE]
    assert not state_folder(root).is_relative_to(root)


@pytest.mark.parametrize("order", list(permutations(range(3))))
def test_patches_are_taken_back_in_any_order(root: Path, order: tuple[int, ...]) -> None:
    apply_to_tree(root, THREE)
    for number in order:
        (record,) = undo(root, THREE[number].id)
        assert record.patch == THREE[number].id
    assert (root / "a.py").read_text() == TEXT
    assert applied(root) == ()
    with pytest.raises(UsageError, match="nothing of pitstop's"):
        undo(root)


def test_all_are_taken_back_at_once(root: Path) -> None:
    apply_to_tree(root, THREE[:1])
    present = (root / "a.py").read_text()
    later = patched(FileChange(path="a.py", before=present, after=present.replace("line_03", "third")))
    apply_to_tree(root, [later])
    assert [each.patch for each in undo(root)] == [later.id, THREE[0].id]
    assert (root / "a.py").read_text() == TEXT


def test_new_and_removed_files_come_and_go(root: Path) -> None:
    (root / "old.py").write_bytes(b"\xef\xbb\xbfx\r\n")
    patch = patched(
        FileChange(path="old.py", before="\ufeffx\r\n", after=None),
        FileChange(path="new/made.py", before=None, after="y = 1\n"),
    )
    apply_to_tree(root, [patch])
    assert not (root / "old.py").exists()
    undo(root)
    assert (root / "old.py").read_bytes() == b"\xef\xbb\xbfx\r\n"
    assert not (root / "new/made.py").exists()


def test_edits_elsewhere_stay(root: Path) -> None:
    apply_to_tree(root, THREE[1:2])
    path = root / "a.py"
    path.write_text("# mine\n" + path.read_text().replace("line_15", "mine"))
    undo(root)
    assert path.read_text() == "# mine\n" + TEXT.replace("line_15", "mine")


def test_an_edit_at_the_place_itself_stops_it_with_file_and_line(root: Path) -> None:
    (root / "b.py").write_text("b = 1\n")
    both = patched(
        FileChange(path="b.py", before="b = 1\n", after="b = 2\n"),
        FileChange(path="a.py", before=TEXT, after=TEXT.replace("line_10", "tenth")),
    )
    apply_to_tree(root, [both])
    path = root / "a.py"
    mine = path.read_text().replace("tenth = 10", "tenth = 11")
    path.write_text(mine)
    with pytest.raises(PatchError, match=r"a\.py, line 10: ") as caught:
        undo(root)
    assert "Nothing was written" in caught.value.hint
    assert path.read_text() == mine
    assert (root / "b.py").read_text() == "b = 2\n"
    assert len(applied(root)) == 1


def test_without_git_a_changed_file_is_left_alone(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    apply_to_tree(root, THREE[:1])
    path = root / "a.py"
    monkeypatch.setenv("PATH", "")
    mine = path.read_text() + "# mine\n"
    path.write_text(mine)
    with pytest.raises(PatchError, match="needs git"):
        undo(root)
    assert path.read_text() == mine
    path.write_text(mine.removesuffix("# mine\n"))
    undo(root)
    assert path.read_text() == TEXT


def test_what_the_user_took_back_by_hand_is_undone_already(root: Path) -> None:
    apply_to_tree(root, THREE[:1])
    (root / "a.py").write_text(TEXT)
    undo(root)
    assert (root / "a.py").read_text() == TEXT
    assert applied(root) == ()


def test_an_import_that_is_still_needed_is_not_taken_away(root: Path) -> None:
    path = root / "m.py"
    path.write_text("x = 1\n\n\n\n\ny = 2\n")
    first = patched(
        FileChange(path="m.py", before="x = 1\n\n\n\n\ny = 2\n", after="import os\nx = os\n\n\n\n\ny = 2\n")
    )
    apply_to_tree(root, [first])
    path.write_text(path.read_text().replace("y = 2", "y = os"))
    with pytest.raises(PatchError, match="os would not be imported any more"):
        undo(root)
    assert "import os" in path.read_text()


def test_a_patch_that_does_not_fit_writes_nothing(root: Path) -> None:
    stale = patched(FileChange(path="a.py", before="other\n", after="x\n"))
    with pytest.raises(PatchError, match=r"a\.py, line"):
        apply_to_tree(root, [THREE[0], patched(FileChange(path="b.py", before=None, after="x")), stale])
    with pytest.raises(PatchError, match=r"a\.py was changed since"):
        apply_to_tree(root, [stale])
    assert not (root / "b.py").exists()
    assert (root / "a.py").read_text() == TEXT
    assert applied(root) == ()


def test_two_patches_of_one_line_are_refused_whole(root: Path) -> None:
    with pytest.raises(PatchError, match=r"a\.py, line 2"):
        apply_to_tree(root, [edited("line_02", "one"), edited("line_02", "other")])
    assert (root / "a.py").read_text() == TEXT


def test_a_broken_record_is_said(root: Path) -> None:
    apply_to_tree(root, THREE[:1])
    (record,) = state_folder(root).glob("*.json")
    record.write_text("{")
    with pytest.raises(PatchError, match="cannot be read"):
        undo(root)


def test_an_unknown_patch_is_said_with_those_there_are(root: Path) -> None:
    apply_to_tree(root, THREE[:1])
    with pytest.raises(UsageError) as caught:
        undo(root, "nonsense")
    assert THREE[0].id in caught.value.hint


def test_patch_files_apply_one_after_the_other(root: Path, tmp_path: Path) -> None:
    made = write_patch_files(tmp_path / "out", THREE)
    assert [each.name[:5] for each in made] == ["0001-", "0002-", "0003-"]
    for path in made:
        subprocess.run(["git", "apply", str(path)], cwd=root, check=True)
    text = (root / "a.py").read_text()
    assert all(word in text for word in ("second", "tenth", "eighteenth"))


def test_a_folder_for_patch_files_that_is_a_file_is_said(tmp_path: Path) -> None:
    (tmp_path / "out").write_text("")
    patches: tuple[Patch, ...] = THREE
    with pytest.raises(UsageError, match="cannot be written"):
        write_patch_files(tmp_path / "out", patches)


def test_patch_files_are_written_all_or_none(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    written = Path.write_bytes
    count = 0

    def interrupted(path: Path, data: bytes) -> int:
        nonlocal count
        count += 1
        if count == 3:
            raise KeyboardInterrupt
        return written(path, data)

    monkeypatch.setattr(Path, "write_bytes", interrupted)
    with pytest.raises(KeyboardInterrupt):
        write_patch_files(tmp_path / "out", THREE)
    assert list((tmp_path / "out").iterdir()) == []
