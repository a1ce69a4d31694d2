"""Finding files, decoding them, and the cache that may only make it faster."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest

from pitstop.project import read as read_project
from pitstop.project import source
from pitstop.project.extract import FORMAT
from pitstop.project.source import find, read


def write(root: Path, name: str, data: bytes = b"x = 1\n") -> None:
    path = root / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data)


def test_what_is_not_the_service_is_not_looked_at(tmp_path: Path) -> None:
    for name in (
        "app/main.py", "app/test_support.txt", ".git/hook.py", "venv/lib/a.py", "my-env/pyvenv.cfg", "my-env/a.py",
        "node_modules/a.py", "tests/test_a.py", "app/test_a.py", "app/a_test.py", "conftest.py", "build/lib/a.py",
        "app/latest.py", "app/generated/a.py", "skip_me.py",
    ):  # fmt: skip
        write(tmp_path, name)
    assert list(find(tmp_path, ["app/generated", "skip_*.py"])) == ["app/latest.py", "app/main.py"]


@pytest.mark.parametrize(
    "data",
    [
        b"\xef\xbb\xbfname = 'caf\xc3\xa9'\n",
        b"# -*- coding: latin-1 -*-\nname = 'caf\xe9'\n",
        b"name = 'caf\xc3\xa9'\r\nother = 2\r\n",
        b"name = 'caf\xc3\xa9'\rother = 2\r",
    ],
    ids=["byte order mark", "latin-1", "windows line ends", "old mac line ends"],
)
def test_a_file_is_decoded_as_python_would(tmp_path: Path, data: bytes) -> None:
    write(tmp_path, "a.py", data)
    (file,), skipped = read(tmp_path, ["a.py"])
    assert skipped == []
    assert "café" in file.text
    assert "\r" not in file.text


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"name = '\xff\xfe'\n", "invalid"),
        (b"# coding: klingon\n", "klingon"),
        (b"x = \0\n", "null"),
        (b"def broken(:\n", "syntax error"),
        (b"x = " + b"-" * 50_000 + b"1\n", "Error"),
        (b"x = f'{'nested'}' f\"{x[\"y\"]}\" ][\n", "syntax error"),
    ],
    ids=["not utf-8", "unknown encoding", "null byte", "no python", "deep", "nonsense"],
)
def test_what_cannot_be_read_is_skipped_with_its_reason_and_the_rest_is_kept(
    tmp_path: Path, data: bytes, reason: str
) -> None:
    write(tmp_path, "bad.py", data)
    write(tmp_path, "good.py")
    project = read_project(tmp_path, cache=False)
    assert [file.path for file in project.files] == ["good.py"]
    (skipped,) = project.skipped
    assert (skipped.stage, skipped.subject) == ("read", "bad.py")
    assert reason.lower() in skipped.reason.lower()


def test_a_package_called_like_build_output_is_part_of_the_service(tmp_path: Path) -> None:
    for name in (
        "app/build/api.py",
        "env/__init__.py",
        "build/lib/copy.py",
        "web/package.json",
        "web/dist/x.py",
    ):
        write(tmp_path, name)
    assert list(find(tmp_path)) == ["app/build/api.py", "env/__init__.py"]


def test_a_file_that_vanishes_is_skipped(tmp_path: Path) -> None:
    files, skipped = read(tmp_path, ["gone.py"])
    assert files == []
    assert [s.subject for s in skipped] == ["gone.py"]


def test_grammar_newer_than_ours_is_read_all_the_same(tmp_path: Path) -> None:
    write(
        tmp_path,
        "a.py",
        b"class Repository[M]:\n    async def get(self, id: int) -> M: ...\n\ntype Id = int\n",
    )
    project = read_project(tmp_path, cache=False)
    assert project.skipped == ()
    assert "a.Repository.get" in {f.qualname for f in project.functions}


def test_a_million_bytes_are_read(tmp_path: Path) -> None:
    write(tmp_path, "big.py", b"value = compute(1, 2, key='x')\n" * 33_000)
    (file,), skipped = read(tmp_path, ["big.py"])
    assert skipped == []
    assert file.facts.lines == 33_000


def test_two_files_alike_share_their_facts_and_are_both_there(tmp_path: Path) -> None:
    write(tmp_path, "a/x.py")
    write(tmp_path, "b/x.py")
    files, _ = read(tmp_path, ["a/x.py", "b/x.py"], tmp_path / "cache")
    assert [file.path for file in files] == ["a/x.py", "b/x.py"]


def test_the_second_reading_comes_from_the_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write(tmp_path, "a.py", b"def f(): return 1\n")
    first, _ = read(tmp_path, ["a.py"], tmp_path / "cache")

    def never(item: tuple[str, str]) -> tuple[str, bytes | str]:
        raise AssertionError(f"{item[0]} was extracted again")

    monkeypatch.setattr(source, "_extract_one", never)
    again, _ = read(tmp_path, ["a.py"], tmp_path / "cache")
    assert again == first


def test_a_change_of_the_text_is_seen(tmp_path: Path) -> None:
    write(tmp_path, "a.py", b"x = 1\n")
    read(tmp_path, ["a.py"], tmp_path / "cache")
    write(tmp_path, "a.py", b"x = 1\ny = 2\n")
    (file,), _ = read(tmp_path, ["a.py"], tmp_path / "cache")
    assert len(file.facts.body) == 2


def test_another_format_is_not_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write(tmp_path, "a.py")
    read(tmp_path, ["a.py"], tmp_path / "cache")
    monkeypatch.setattr("pitstop.project.source.FORMAT", FORMAT + 1)
    files, skipped = read(tmp_path, ["a.py"], tmp_path / "cache")
    assert len(files) == 1
    assert skipped == []


def spoil_file(folder: Path) -> None:
    (folder / "facts.sqlite").write_bytes(b"this is no database, however hard one looks at it" * 100)


def spoil_row(folder: Path) -> None:
    with sqlite3.connect(folder / "facts.sqlite") as connection:
        connection.execute("UPDATE facts SET facts = X'C1'")
    connection.close()


def spoil_table(folder: Path) -> None:
    with sqlite3.connect(folder / "facts.sqlite") as connection:
        connection.execute("DROP TABLE facts")
        connection.execute("CREATE TABLE facts (something TEXT)")
    connection.close()


@pytest.mark.parametrize("spoil", [spoil_file, spoil_row, spoil_table])
def test_a_spoilt_cache_only_costs_time(tmp_path: Path, spoil: object) -> None:
    write(tmp_path, "a.py")
    first, _ = read(tmp_path, ["a.py"], tmp_path / "cache")
    assert callable(spoil)
    spoil(tmp_path / "cache")
    again, skipped = read(tmp_path, ["a.py"], tmp_path / "cache")
    assert again == first
    assert skipped == []


def test_a_cache_that_cannot_be_made_only_costs_time(tmp_path: Path) -> None:
    write(tmp_path, "a.py")
    write(tmp_path, "cache", b"a file stands where the folder should")
    files, _ = read(tmp_path, ["a.py"], tmp_path / "cache")
    assert len(files) == 1


def test_many_processes_read_what_one_does(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    names = [f"m{number}.py" for number in range(40)]
    for number, name in enumerate(names):
        write(
            tmp_path,
            name,
            f"def f{number}(x):\n    return x[{number}]\n".encode() if number % 7 else b"def (\n",
        )
    serial = read(tmp_path, names)
    monkeypatch.setattr(source, "_PARALLEL_FROM", 0)
    monkeypatch.setattr("os.cpu_count", lambda: 2)
    parallel = read(tmp_path, names)
    assert parallel == serial
    assert len(serial[1]) == 6
