"""Temporary folders of ours, which no impatient Ctrl-C leaves behind."""

from __future__ import annotations

import contextlib
import os
import secrets
import shutil
import tempfile
import weakref
from pathlib import Path
from types import TracebackType
from typing import Self


class TemporaryFolder:
    """A folder under the temporary one, or under `place`; a context manager, removed at exit at the latest.

    `tempfile.TemporaryDirectory` counts as removed once its removal has begun: a Ctrl-C that falls into it leaves the rest.
    So does one that falls between the making of a folder and the note that it has to go: here the note is made first.
    """

    def __init__(self, prefix: str = "pitstop-", place: Path | None = None) -> None:
        above = (place or Path(tempfile.gettempdir())).resolve()
        self.path = above / f"{prefix}{secrets.token_hex(8)}"
        self._finalizer = weakref.finalize(self, remove_tree, self.path)
        try:
            self.path.mkdir(mode=0o700)
        except OSError:
            self._finalizer.detach()
            raise

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.remove()

    def remove(self) -> None:
        """Remove the folder. Does nothing twice; what interrupts it is raised again once all is gone."""
        try:
            remove_tree(self.path)
        except KeyboardInterrupt:
            remove_tree(self.path)
            raise
        finally:
            if not self.path.exists():
                self._finalizer.detach()


def remove_tree(folder: Path) -> None:
    """Remove a folder of ours and all in it, whatever modes the files were given meanwhile."""
    for here, folders, _ in os.walk(folder):
        for name in folders:
            inner = Path(here, name)
            if not inner.is_symlink():
                with contextlib.suppress(OSError):
                    inner.chmod(0o700)
    shutil.rmtree(folder, ignore_errors=True)
