"""Writing of changes to a tree: all or none, and never over text that is not the one they were made for."""

from __future__ import annotations

import contextlib
import os
import stat
import tempfile
from collections.abc import Iterable
from pathlib import Path

from pitstop.data import FileChange
from pitstop.errors import PatchError

_STALE = "The file changed since it was read. Run pitstop again to get a patch for the present text."


def inside(root: Path, path: str) -> Path:
    """The file that `path` names under `root`, links followed. Raises PatchError if it lies elsewhere."""
    base = root.resolve()
    try:
        target = (base / path).resolve()
    except (OSError, RuntimeError, ValueError) as error:
        raise PatchError(f"{path!r} cannot be a file under {base}: {error}") from error
    if not path or target == base or not target.is_relative_to(base):
        raise PatchError(f"{path!r} is not a file under {base}", "pitstop writes only inside of the project.")
    return target


def read_text(path: Path) -> str | None:
    """The text of a file, byte-order mark and carriage returns kept; None if there is none. Raises PatchError."""
    try:
        return path.read_bytes().decode()
    except FileNotFoundError:
        return None
    except UnicodeDecodeError as error:
        raise PatchError(f"{path} is not UTF-8: {error.reason} at byte {error.start}") from error
    except OSError as error:
        raise PatchError(f"{path} cannot be read: {error.strerror}") from error


def _check(target: Path, change: FileChange) -> None:
    present = read_text(target)
    if present == change.before:
        return
    if present is None:
        raise PatchError(f"{change.path} is gone", _STALE)
    if change.before is None:
        raise PatchError(f"{change.path} is there already, but the patch would make it new", _STALE)
    pairs = zip(present.split("\n"), change.before.split("\n"), strict=False)
    line = next((n for n, (a, b) in enumerate(pairs, 1) if a != b), None)
    place = f"{change.path}:{line}" if line else change.path
    raise PatchError(f"{place} is not the text the patch was made for", _STALE)


def _stage(target: Path, text: str, mode: int | None) -> Path:
    """The new text in a file beside its target, with this mode or that of any new file."""
    handle, name = tempfile.mkstemp(prefix=f".{target.name}.", suffix=".pitstop", dir=target.parent)
    staged = Path(name)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(text.encode())
            file.flush()
            os.fsync(file.fileno())
        if mode is None:
            mask = os.umask(0)
            os.umask(mask)
            mode = 0o666 & ~mask
        staged.chmod(mode)
    except BaseException:
        staged.unlink(missing_ok=True)
        raise
    return staged


def _make_parents(folder: Path, made: list[Path]) -> None:
    missing = []
    while not folder.exists():
        missing.append(folder)
        folder = folder.parent
    for each in reversed(missing):
        each.mkdir()
        made.append(each)


def _restore(target: Path, before: str | None, mode: int | None) -> None:
    if before is None:
        target.unlink(missing_ok=True)
    elif read_text(target) != before:
        _stage(target, before, mode).replace(target)


def apply_changes(root: Path, changed: Iterable[FileChange]) -> None:
    """Write all changes under `root`, or none of them.

    Each file must hold the text its change was made for. New texts are written beside their files first and then
    renamed into place, with the mode of the old file; whatever stops that halfway, an interrupt included, is undone.
    Raises PatchError.
    """
    todo = [(inside(root, change.path), change) for change in changed if change.before != change.after]
    if len({target for target, _ in todo}) != len(todo):
        raise PatchError("two changes of one patch write the same file")
    for target, change in todo:
        _check(target, change)
    folders: list[Path] = []
    staged: dict[Path, Path] = {}
    done: list[tuple[Path, FileChange]] = []
    modes = {
        target: None if change.before is None else stat.S_IMODE(target.stat().st_mode)
        for target, change in todo
    }
    try:
        for target, change in todo:
            if change.after is not None:
                _make_parents(target.parent, folders)
                staged[target] = _stage(target, change.after, modes[target])
        for target, change in todo:
            done.append((target, change))
            if target in staged:
                staged[target].replace(target)
            else:
                target.unlink()
    except BaseException as error:
        for target, change in reversed(done):
            # the next file is put back even if this one cannot be
            with contextlib.suppress(OSError, PatchError):
                _restore(target, change.before, modes[target])
        for leftover in staged.values():
            leftover.unlink(missing_ok=True)
        for folder in reversed(folders):
            with contextlib.suppress(OSError):
                folder.rmdir()
        if isinstance(error, OSError):
            raise PatchError(
                f"{error.filename or root} cannot be written: {error.strerror}",
                "Nothing was changed. Make the folder writable, or let pitstop write patch files instead.",
            ) from error
        raise
