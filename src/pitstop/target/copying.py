"""Copying of a tree so that nothing done to the copy can reach the original."""

from __future__ import annotations

import contextlib
import errno
import os
import shutil
import stat
from pathlib import Path

from pitstop.data import Skipped
from pitstop.errors import TargetError
from pitstop.target.files import is_irrelevant

SQLITE_MAGIC = b"SQLite format 3\0"
_LARGEST = 2 * 1024**3
_LARGEST_LINKED = 256 * 1024**2
_KINDS = {
    stat.S_IFSOCK: "a socket",
    stat.S_IFIFO: "a pipe",
    stat.S_IFCHR: "a device",
    stat.S_IFBLK: "a device",
}
_FICLONE = 0x40049409


def is_sqlite(path: Path) -> bool:
    """Whether a file is an SQLite database, by its first bytes."""
    try:
        with path.open("rb") as file:
            return file.read(16) == SQLITE_MAGIC
    except OSError:
        return False


def copy_file(source: Path, target: Path) -> None:
    """A copy with its own bytes, the modification time and executability of the source; writable whatever it was."""
    if not _reflink(source, target):
        shutil.copyfile(source, target)
    seen = source.stat()
    target.chmod(stat.S_IMODE(seen.st_mode) & 0o777 | 0o600)
    os.utime(target, ns=(seen.st_atime_ns, seen.st_mtime_ns))


_no_reflinks: set[int] = set()


def _reflink(source: Path, target: Path) -> bool:
    """Share the blocks of a file until one side is written, where the file system can (btrfs, XFS)."""
    try:
        import fcntl
    except ImportError:
        return False
    with source.open("rb") as origin:
        device = os.fstat(origin.fileno()).st_dev
        if device in _no_reflinks:
            return False
        with target.open("wb") as copy:
            try:
                fcntl.ioctl(copy.fileno(), _FICLONE, origin.fileno())
            except OSError:
                _no_reflinks.add(device)
                return False
    return True


class Copier:
    """Copies one tree; what it leaves out is in `skipped`."""

    def __init__(self, source: Path, target: Path) -> None:
        self.source = source.resolve()
        self.target = target
        self.skipped: list[Skipped] = []
        self._linked = 0

    def run(self) -> None:
        """Copy. Raises TargetError when the copy does not fit on the disk."""
        try:
            self._folder(self.source, self.target, ())
        except OSError as error:
            if error.errno in (errno.ENOSPC, errno.EDQUOT):
                raise TargetError(
                    f"no room for a copy of {self.source} in {self.target.parent}",
                    "Free some space, or let TMPDIR name a folder on a larger disk.",
                ) from error
            raise TargetError(f"{self.source} cannot be copied: {error}", "") from error

    def _skip(self, path: Path, reason: str) -> None:
        with contextlib.suppress(ValueError):
            path = path.relative_to(self.source)
        self.skipped.append(Skipped(stage="copy", subject=path.as_posix(), reason=reason))

    def _folder(self, source: Path, target: Path, above: tuple[str, ...]) -> None:
        real = os.path.realpath(source)
        target.mkdir(mode=0o700)
        try:
            entries = sorted(os.scandir(source), key=lambda entry: entry.name)
        except OSError as error:
            self._skip(source, f"the folder cannot be read: {error.strerror}")
            return
        for entry in entries:
            path = Path(entry.path)
            try:
                self._entry(entry, path, target / entry.name, (*above, real))
            except OSError as error:
                if error.errno in (errno.ENOSPC, errno.EDQUOT):
                    raise
                (target / entry.name).unlink(missing_ok=True)
                self._skip(path, f"it cannot be read: {error.strerror}")
        with contextlib.suppress(OSError):
            target.chmod(stat.S_IMODE(source.stat().st_mode) & 0o777 | 0o700)

    def _entry(self, entry: os.DirEntry[str], path: Path, target: Path, above: tuple[str, ...]) -> None:
        if entry.is_symlink():
            self._link(path, target, above)
        elif entry.is_dir():
            if self.target.is_relative_to(path):
                return  # the copy itself, when the temporary folder lies inside of the tree
            if entry.name != ".git" and not is_irrelevant(path):
                self._folder(path, target, above)
        else:
            self._file(path, target)

    def _file(self, path: Path, target: Path) -> None:
        if path.name == ".git" or path.name.endswith("-shm"):
            return  # a worktree's pointer; SQLite's shared memory, which it makes anew
        seen = path.stat()
        kind = _KINDS.get(stat.S_IFMT(seen.st_mode))
        if kind:
            self._skip(path, f"it is {kind}")
        elif seen.st_size > _LARGEST and not is_sqlite(path):
            self._skip(path, f"it is larger than {_LARGEST // 1024**3} GiB")
        else:
            copy_file(path, target)

    def _link(self, path: Path, target: Path, above: tuple[str, ...]) -> None:
        """A link that stays inside stays a link, into the copy; what one leads to outside is copied."""
        try:
            real = path.resolve(strict=True)
        except (OSError, RuntimeError):
            self._skip(path, "it is a link to nothing")
            return
        if real.is_relative_to(self.source):
            inner = self.target / real.relative_to(self.source)
            target.symlink_to(os.path.relpath(inner, target.parent), target_is_directory=real.is_dir())
        elif real.is_file():
            self._file(real, target)
        elif real.is_dir():
            if str(real) in above or self.source.is_relative_to(real):
                self._skip(path, "it is a link to a folder that holds it")
                return
            if is_irrelevant(path) or is_irrelevant(real):
                return
            self._linked += _size(real)
            if self._linked > _LARGEST_LINKED:
                self._skip(
                    path, f"it is a link to a folder of more than {_LARGEST_LINKED // 1024**2} MiB outside"
                )
            else:
                self._folder(real, target, above)
        else:
            self._skip(path, "it is a link to neither a file nor a folder")


def _size(folder: Path) -> int:
    """Bytes under a folder, counted until the largest that is copied through a link."""
    total = 0
    for here, _, files in os.walk(folder):
        for name in files:
            with contextlib.suppress(OSError):
                total += Path(here, name).lstat().st_size
        if total > _LARGEST_LINKED:
            break
    return total
