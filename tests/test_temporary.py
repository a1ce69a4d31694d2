"""Temporary folders, and a Ctrl-C that falls into the removal of one."""

from __future__ import annotations

import contextlib
import gc
import shutil
import subprocess
import sys
import textwrap
from pathlib import Path
from typing import Any

import pytest

from pitstop.temporary import TemporaryFolder


def test_it_is_there_and_then_gone(tmp_path: Path) -> None:
    with TemporaryFolder("pitstop-x-", tmp_path) as folder:
        (folder.path / "inner").mkdir()
        (folder.path / "inner/file").write_text("text", "utf-8")
        (folder.path / "inner").chmod(0o500)
    folder.remove()
    assert not list(tmp_path.iterdir())


def test_an_interruption_of_the_removal_comes_after_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = TemporaryFolder(place=tmp_path)
    (folder.path / "file").write_text("text", "utf-8")
    original, calls = shutil.rmtree, []

    def interrupted(path: Path, **given: Any) -> None:
        calls.append(path)
        if len(calls) == 1:
            raise KeyboardInterrupt
        original(path, **given)

    monkeypatch.setattr(shutil, "rmtree", interrupted)
    with pytest.raises(KeyboardInterrupt):
        folder.remove()
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("interruptions", [0, 1, 2], ids=["forgotten", "interrupted", "interrupted twice"])
def test_it_is_gone_when_the_process_ends(tmp_path: Path, interruptions: int) -> None:
    code = f"""
        import shutil
        from pathlib import Path
        from pitstop.temporary import TemporaryFolder

        folder = TemporaryFolder(place=Path({str(tmp_path)!r}))
        (folder.path / "file").write_text("text", "utf-8")
        original, left = shutil.rmtree, [KeyboardInterrupt] * {interruptions}

        def interrupted(path, **given):
            if left:
                raise left.pop()
            original(path, **given)

        shutil.rmtree = interrupted
        if left:
            try:
                folder.remove()
            except KeyboardInterrupt:
                pass
    """
    subprocess.run([sys.executable, "-c", textwrap.dedent(code)], check=True)
    assert not list(tmp_path.iterdir())


def test_an_interruption_as_it_is_made_leaves_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    original = Path.mkdir

    def interrupted(path: Path, **given: Any) -> None:
        original(path, **given)
        raise KeyboardInterrupt

    monkeypatch.setattr(Path, "mkdir", interrupted)
    with contextlib.suppress(KeyboardInterrupt):
        TemporaryFolder(place=tmp_path)
    gc.collect()
    assert not list(tmp_path.iterdir())
