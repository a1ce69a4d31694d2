from __future__ import annotations

import os
import signal
import socket
import sqlite3
import stat
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

from pitstop.data import FileChange
from pitstop.errors import PatchError, TargetError
from pitstop.target.workspace import Workspace
from tests.target.trees import SERVICE, snapshot, write

unprivileged = pytest.mark.skipif(os.geteuid() == 0, reason="root reads and writes whatever the mode")


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return write(tmp_path / "a service é", SERVICE | {"data.txt": "as it was\n"})


def names(folder: Path) -> set[str]:
    return {path.relative_to(folder).as_posix() for path in folder.rglob("*") if not path.is_dir()}


def test_a_copy_with_the_folders_own_name(root: Path) -> None:
    before = snapshot(root)
    with Workspace(root) as workspace:
        assert workspace.path.name == root.name
        assert names(workspace.path) == names(root)
        assert (workspace.path / "app/main.py").stat().st_mtime_ns == (
            root / "app/main.py"
        ).stat().st_mtime_ns
        (workspace.path / "data.txt").write_text("changed")
        gone = workspace.path
    assert not gone.exists()
    assert snapshot(root) == before


def test_what_is_not_copied(root: Path) -> None:
    write(
        root,
        {
            ".git/config": "", ".venv/pyvenv.cfg": "", "my-env/pyvenv.cfg": "", "node_modules/x.js": "",
            "app/__pycache__/main.pyc": "", "cache/CACHEDIR.TAG": "", "sub/.git": "gitdir: ../.git/x",
            ".env": "A=1", "build/keep.py": "", "env/settings.py": "", "x.db-shm": "",
        },
    )  # fmt: skip
    with Workspace(root) as workspace:
        extra = names(workspace.path) - names(write(root.parent / "plain", SERVICE)) - {"data.txt"}
        assert extra == {".env", "build/keep.py", "env/settings.py"}
        assert workspace.skipped == ()


def test_read_only_tree(root: Path) -> None:
    script = root / "run.sh"
    script.write_text("#!/bin/sh\n")
    script.chmod(0o555)
    (root / "data.txt").chmod(0o400)
    (root / "app").chmod(0o555)
    try:
        with Workspace(root) as workspace:
            assert (workspace.path / "data.txt").stat().st_mode & stat.S_IWUSR
            assert (workspace.path / "app").stat().st_mode & stat.S_IWUSR
            assert os.access(workspace.path / "run.sh", os.X_OK)
            (workspace.path / "app" / "new.py").write_text("")
            gone = workspace.path
        assert not gone.exists()
    finally:
        (root / "app").chmod(0o755)


@unprivileged
def test_unreadable_file_and_folder(root: Path) -> None:
    (root / "data.txt").chmod(0)
    (root / "tests").chmod(0)
    try:
        with Workspace(root) as workspace:
            assert {skip.subject for skip in workspace.skipped} == {"data.txt", "tests"}
    finally:
        (root / "tests").chmod(0o755)


def test_a_file_that_cannot_be_read_is_said(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from pitstop.target import copying

    real = copying.copy_file

    def refuse(source: Path, target: Path) -> None:
        if source.name == "data.txt":
            target.write_text("half of it")
            raise PermissionError(13, "Permission denied")
        real(source, target)

    monkeypatch.setattr(copying, "copy_file", refuse)
    with Workspace(root) as workspace:
        assert [(s.subject, s.reason) for s in workspace.skipped] == [
            ("data.txt", "it cannot be read: Permission denied")
        ]
        assert not (workspace.path / "data.txt").exists()


def test_pipes_and_sockets_are_said_not_waited_for(root: Path) -> None:
    os.mkfifo(root / "pipe")
    with socket.socket(socket.AF_UNIX) as listener, pytest.MonkeyPatch.context() as patch:
        patch.chdir(root)  # a socket's path has about a hundred characters
        listener.bind("socket")
        with Workspace(root) as workspace:
            assert {(s.subject, s.reason) for s in workspace.skipped} == {
                ("pipe", "it is a pipe"),
                ("socket", "it is a socket"),
            }


def test_links(root: Path, tmp_path: Path) -> None:
    outside = write(tmp_path / "outside", {"file.txt": "outside", "folder/deep.txt": "deep"})
    (root / "inner").symlink_to("app")
    (root / "absolute").symlink_to(root / "data.txt")
    (root / "broken").symlink_to("nowhere")
    (root / "broken-out").symlink_to(tmp_path / "nowhere")
    (root / "file").symlink_to(outside / "file.txt")
    (root / "folder").symlink_to(outside / "folder")
    (root / "loop").symlink_to("loop")
    (root / "up").symlink_to("..")
    (outside / "folder" / "back").symlink_to(root)
    before = snapshot(outside)
    with Workspace(root) as workspace:
        copy = workspace.path
        assert (copy / "inner").resolve() == (copy / "app").resolve()
        (copy / "absolute").write_text("written")
        assert (copy / "data.txt").read_text() == "written"
        for name in ("file", "folder/deep.txt"):
            (copy / name).write_text("written")
        assert {s.subject for s in workspace.skipped} == {"broken", "broken-out", "loop", "up"}
    assert snapshot(outside) == before
    assert (root / "data.txt").read_text() == "as it was\n"


def test_no_link_in_the_copy_leads_into_the_users_tree(root: Path) -> None:
    (root / "absolute").symlink_to(root / "app")
    (root / "app" / "up").symlink_to(root / "data.txt")
    with Workspace(root) as workspace, workspace.clone() as clone:
        for copy in (workspace.path, clone.path):
            for path in copy.rglob("*"):
                assert path.resolve().is_relative_to(copy)


def test_a_temporary_folder_inside_of_the_tree(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (root / "tmp").mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(root / "tmp"))
    with Workspace(root) as workspace:
        assert names(workspace.path) == set(SERVICE) | {"data.txt"}
    assert names(root) == set(SERVICE) | {"data.txt"}


def test_no_folder(tmp_path: Path) -> None:
    with pytest.raises(TargetError, match="there is no folder"), Workspace(tmp_path / "none"):
        pass


def test_a_copy_that_fails_leaves_nothing(
    root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    place = tmp_path / "tmp"
    place.mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(place))

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("pitstop.target.copying.copy_file", full)
    with pytest.raises(TargetError, match="no room for a copy") as raised, Workspace(root):
        pass
    assert "TMPDIR" in raised.value.hint
    assert list(place.iterdir()) == []


@pytest.mark.parametrize("how", ["interrupt", "exit without closing"])
def test_nothing_is_left_behind(root: Path, tmp_path: Path, how: str) -> None:
    place = tmp_path / "tmp"
    place.mkdir()
    code = f"""
        import sys, time
        from pathlib import Path
        from pitstop.target.workspace import Workspace
        workspace = Workspace(Path({str(root)!r})).__enter__()
        clone = workspace.clone()
        print("ready", flush=True)
        if {how == "interrupt"}:
            with workspace:
                time.sleep(60)
    """
    process = subprocess.Popen(
        [sys.executable, "-c", textwrap.dedent(code)],
        env={**os.environ, "TMPDIR": str(place), "PYTHONPATH": os.pathsep.join(sys.path)},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    assert process.stdout is not None
    assert process.stdout.readline() == b"ready\n"
    if how == "interrupt":
        process.send_signal(signal.SIGINT)
    process.communicate(timeout=30)
    assert list(place.iterdir()) == []


# --- changes ---------------------------------------------------------------------------------------------------------


def change(path: str, before: str | None, after: str | None) -> FileChange:
    return FileChange(path=path, before=before, after=after)


def test_write_and_revert(root: Path) -> None:
    changes = [
        change("data.txt", "as it was\n", "new\n"),
        change("made/here.py", None, "x = 1\n"),
        change("app/__init__.py", "", None),
    ]
    with Workspace(root) as workspace:
        before = {name: (workspace.path / name).read_bytes() for name in names(workspace.path)}
        workspace.write(changes)
        assert (workspace.path / "data.txt").read_text() == "new\n"
        assert (workspace.path / "made/here.py").read_text() == "x = 1\n"
        assert not (workspace.path / "app/__init__.py").exists()
        workspace.revert(changes)
        assert {name: (workspace.path / name).read_bytes() for name in names(workspace.path)} == before


def test_one_of_two_changes_reverted(root: Path) -> None:
    with Workspace(root) as workspace:
        first, second = change("data.txt", "as it was\n", "one\n"), change("data.txt", "one\n", "two\n")
        workspace.write([first])
        workspace.write([second])
        workspace.revert([second])
        assert (workspace.path / "data.txt").read_text() == "one\n"


@pytest.mark.parametrize(
    "changes",
    [
        pytest.param([change("data.txt", "something else", "x")], id="other text"),
        pytest.param([change("data.txt", None, "x")], id="there already"),
        pytest.param([change("none.txt", "text", "x")], id="not there"),
        pytest.param([change("../out.txt", None, "x")], id="above the root"),
        pytest.param([change("/nonexistent/out.txt", None, "x")], id="absolute"),
        pytest.param([change("", None, "x")], id="empty"),
        pytest.param([change("a", None, "x"), change("a", None, "y")], id="twice the same"),
        pytest.param([change("new.txt", None, "x"), change("data.txt", "other", "x")], id="second of two"),
    ],
)
def test_a_change_that_does_not_fit_writes_nothing(root: Path, changes: list[FileChange]) -> None:
    with Workspace(root) as workspace:
        before = snapshot(workspace.path.parent)
        with pytest.raises(PatchError):
            workspace.write(changes)
        assert snapshot(workspace.path.parent) == before


def test_encodings_and_line_ends_are_kept(root: Path) -> None:
    latin = "# -*- coding: latin-1 -*-\nname = 'é'\n"
    write(
        root,
        {
            "latin.py": latin.encode("latin-1"),
            "crlf.py": b"a = 1\r\nb = 2\r\n",
            "bom.py": b"\xef\xbb\xbfa = 1\n",
        },
    )
    with Workspace(root) as workspace:
        workspace.write(
            [
                change("latin.py", latin, latin.replace("é", "ü")),
                change("crlf.py", "a = 1\nb = 2\n", "a = 1\nb = 3\n"),
                change("bom.py", "\ufeffa = 1\n", "\ufeffa = 2\n"),
            ]
        )
        assert (workspace.path / "latin.py").read_bytes() == latin.replace("é", "ü").encode("latin-1")
        assert (workspace.path / "crlf.py").read_bytes() == b"a = 1\r\nb = 3\r\n"
        assert (workspace.path / "bom.py").read_bytes() == b"\xef\xbb\xbfa = 2\n"


def test_bytes_that_are_no_text_are_copied_but_not_changed(root: Path) -> None:
    write(root, {"bad.py": b"x = '\xff\xfe'\n"})
    with Workspace(root) as workspace:
        assert (workspace.path / "bad.py").read_bytes() == b"x = '\xff\xfe'\n"
        with pytest.raises(PatchError, match=r"bad\.py is not utf-8 text"):
            workspace.write([change("bad.py", "x", "y")])


# --- data ------------------------------------------------------------------------------------------------------------


def rows(path: Path) -> list[int]:
    connection = sqlite3.connect(path)
    try:
        return [row[0] for row in connection.execute("SELECT a FROM t ORDER BY a")]
    finally:
        connection.close()


def insert(path: Path, value: int, journal: str = "delete") -> None:
    connection = sqlite3.connect(path)
    connection.execute(f"PRAGMA journal_mode = {journal}")
    connection.execute("CREATE TABLE IF NOT EXISTS t (a)")
    connection.execute("INSERT INTO t VALUES (?)", (value,))
    connection.commit()
    connection.close()


@pytest.mark.parametrize("journal", ["delete", "wal"])
def test_restore_puts_data_back(root: Path, journal: str) -> None:
    insert(root / "shop.db", 1, journal)
    before = snapshot(root)
    with Workspace(root) as workspace:
        insert(workspace.path / "shop.db", 2, journal)
        (workspace.path / "uploads").mkdir()
        (workspace.path / "uploads/new.bin").write_bytes(b"1")
        (workspace.path / "data.txt").unlink()
        (workspace.path / "app/__init__.py").write_text("changed = True")
        put_back = workspace.restore()
        assert {"shop.db", "data.txt", "app/__init__.py", "uploads/new.bin"} <= set(put_back)
        assert rows(workspace.path / "shop.db") == [1]
        assert not (workspace.path / "uploads").exists()
        assert (workspace.path / "data.txt").read_text() == "as it was\n"
        assert (workspace.path / "app/__init__.py").read_text() == ""
        assert workspace.restore() == ()
    assert snapshot(root) == before


def test_restore_sees_a_change_that_hides_its_time(root: Path) -> None:
    insert(root / "shop.db", 1)
    with Workspace(root) as workspace:
        path = workspace.path / "shop.db"
        seen = path.stat()
        raw = bytearray(path.read_bytes())
        raw[-1] ^= 0xFF
        path.write_bytes(raw)
        os.utime(path, ns=(seen.st_atime_ns, seen.st_mtime_ns))
        assert workspace.restore() == ("shop.db",)


def test_restore_keeps_what_was_written_as_a_change(root: Path) -> None:
    with Workspace(root) as workspace:
        workspace.write([change("data.txt", "as it was\n", "patched\n"), change("new.py", None, "x = 1\n")])
        (workspace.path / "data.txt").write_text("trampled")
        (workspace.path / "new.py").unlink()
        workspace.restore()
        assert (workspace.path / "data.txt").read_text() == "patched\n"
        assert (workspace.path / "new.py").read_text() == "x = 1\n"


def test_restore_makes_removed_folders_and_replaced_files_again(root: Path) -> None:
    (root / "empty").mkdir()
    with Workspace(root) as workspace:
        (workspace.path / "empty").rmdir()
        (workspace.path / "data.txt").unlink()
        (workspace.path / "data.txt").mkdir()
        (workspace.path / "data.txt" / "inner").write_text("x")
        workspace.restore()
        assert (workspace.path / "empty").is_dir()
        assert (workspace.path / "data.txt").read_text() == "as it was\n"


def test_a_clone_is_a_second_copy(root: Path) -> None:
    insert(root / "shop.db", 1)
    with Workspace(root) as workspace:
        workspace.write([change("data.txt", "as it was\n", "patched\n")])
        insert(workspace.path / "shop.db", 2)
        with workspace.clone() as clone:
            assert len(str(clone.path)) == len(str(workspace.path))
            assert (clone.path / "data.txt").read_text() == "patched\n"
            assert rows(clone.path / "shop.db") == [1]
            insert(clone.path / "shop.db", 3)
            (clone.path / "app/main.py").write_text("trampled in place")
            assert rows(workspace.path / "shop.db") == [1, 2]
            assert "trampled" not in (workspace.path / "app/main.py").read_text()
            clone.restore()
            assert rows(clone.path / "shop.db") == [1]
            gone = clone.path
        assert not gone.exists()
        assert workspace.path.exists()
