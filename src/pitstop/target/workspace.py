"""A copy of the project's tree to run and change: the user's own tree is only ever read."""

from __future__ import annotations

import contextlib
import filecmp
import os
import shutil
import tempfile
import tokenize
from collections.abc import Iterable, Iterator
from io import BytesIO
from pathlib import Path
from types import TracebackType
from typing import Self

from pitstop.data import FileChange, Skipped
from pitstop.errors import PatchError, TargetError
from pitstop.target.copying import Copier, copy_file, is_sqlite
from pitstop.temporary import TemporaryFolder, remove_tree

_Signature = tuple[int, int, int, int, int]


class Workspace:
    """A temporary copy of a tree; a context manager that removes it, clones included, however the block ends.

    `path` is the copy, `skipped` what was left out of it. Version control, environments and caches are not copied.
    Data files (databases, uploads) have a second, untouched copy, from which `restore` puts them back.
    """

    def __init__(self, root: Path) -> None:
        self.root = root.expanduser().absolute()
        self.skipped: tuple[Skipped, ...] = ()
        self._number = 0
        self._box: _Box | None = None
        self._written: dict[str, bytes | None] = {}
        self._signatures: dict[str, _Signature | str] = {}

    # --- life ----------------------------------------------------------------------------------------------------

    def __enter__(self) -> Self:
        if self._box is not None:
            return self  # a clone, made whole already
        if not self.root.is_dir():
            raise TargetError(f"there is no folder {self.root}", "Give the folder of the project.")
        self._box = _Box()
        try:
            copier = Copier(self.root, self._original)
            copier.run()
            self.skipped = tuple(copier.skipped)
            self._lay()
        except BaseException:
            self._box.remove()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Remove the copy; of a clone, that clone alone."""
        if self._box is None:
            return
        if self._number:
            remove_tree(self.path.parent)
        else:
            self._box.remove()

    @property
    def path(self) -> Path:
        """The root of the copy; its last name is that of the user's own folder, which may be a package's name."""
        return self._home / f"{self._number:04d}" / (self.root.resolve().name or "root")

    @property
    def _home(self) -> Path:
        if self._box is None:
            raise RuntimeError("the workspace is not open")
        return self._box.path

    @property
    def _original(self) -> Path:
        return self._home / "original"

    def clone(self) -> Workspace:
        """A second copy beside this one: the same source with the changes written so far, the data as at first.

        Its path is as long as this one's, so that texts with a path in them keep their length.
        """
        other = Workspace(self.root)
        other._box = self._box
        other._number = self._count()
        other.skipped = self.skipped
        try:
            other._lay()
            for name, content in self._written.items():
                other._put(name, content)
        except BaseException:
            remove_tree(other.path.parent)
            raise
        return other

    def _count(self) -> int:
        if self._box is None:
            raise RuntimeError("the workspace is not open")
        self._box.clones += 1
        return self._box.clones

    def _lay(self) -> None:
        """Fill `path` from the untouched copy."""
        self.path.parent.mkdir()
        shutil.copytree(self._original, self.path, symlinks=True, copy_function=_copy)
        self._signatures = {name: _signature(path) for name, path in _walk(self.path)}

    # --- changes -------------------------------------------------------------------------------------------------

    def write(self, changes: Iterable[FileChange]) -> None:
        """Write the changes, all or none. Raises PatchError when a file is not the text its change was made for."""
        changes = tuple(changes)
        new = [(change.path, self._encoded(change)) for change in changes]
        if len({name for name, _ in new}) != len(new):
            raise PatchError("two changes of one patch write the same file")
        for name, content in new:
            self._put(name, content)

    def revert(self, changes: Iterable[FileChange]) -> None:
        """Undo changes written before: each file holds what it held, byte for byte if it is as it was copied."""
        for change in reversed(tuple(changes)):
            original = self._original / change.path
            text = _decode(original.read_bytes(), original) if original.is_file() else None
            if change.before == text or (text and change.before == text.replace("\r\n", "\n")):
                self._put(change.path, original.read_bytes() if original.is_file() else None)
            else:
                swapped = FileChange(path=change.path, before=change.after, after=change.before)
                self._put(change.path, self._encoded(swapped))

    def _encoded(self, change: FileChange) -> bytes | None:
        path = self._inside(change.path)
        if not path.is_file():
            if change.before is not None:
                raise PatchError(
                    f"{change.path} is not in the project", "Run pitstop again on the present tree."
                )
            return None if change.after is None else change.after.encode()
        raw = path.read_bytes()
        now = _decode(raw, path)
        if change.before is None:
            raise PatchError(f"{change.path} is there already", "Run pitstop again on the present tree.")
        after = change.after
        if now != change.before:
            if now.replace("\r\n", "\n") != change.before:
                raise PatchError(
                    f"{change.path} is not the text the change was made for",
                    "The file was changed meanwhile. Run pitstop again on the present tree.",
                )
            after = after.replace("\n", "\r\n") if after is not None else None
        return None if after is None else after.encode(_encoding(raw, path))

    def _inside(self, name: str) -> Path:
        path = self.path / name
        if not name or Path(name).is_absolute() or not path.resolve().is_relative_to(self.path.resolve()):
            raise PatchError(f"{name!r} is not a file of the project", "A change names files below the root.")
        return path

    def _put(self, name: str, content: bytes | None) -> None:
        path = self._inside(name)
        original = self._original / name
        if content is None:
            path.unlink(missing_ok=True)
        else:
            path.parent.mkdir(parents=True, exist_ok=True)
            mode = original.stat().st_mode & 0o777 if original.is_file() else 0o600
            handle, staged = tempfile.mkstemp(dir=path.parent)
            with os.fdopen(handle, "wb") as file:
                file.write(content)
            Path(staged).chmod(mode)
            Path(staged).replace(path)
        was = original.read_bytes() if original.is_file() else None
        same = content == was
        if same:
            self._written.pop(name, None)
        else:
            self._written[name] = content
        if content is None:
            self._signatures.pop(name, None)
        else:
            self._signatures[name] = _signature(path)

    # --- data ----------------------------------------------------------------------------------------------------

    def restore(self) -> tuple[str, ...]:
        """Put back every file that a run made, changed or removed; changes written by `write` stay.

        Returns the files put back, relative to `path`.
        """
        present = dict(_walk(self.path))
        put_back: list[str] = []
        for name, path in present.items():
            if name not in self._signatures:
                path.unlink()
                put_back.append(name)
        wanted = {os.path.dirname(name) for name in self._signatures}  # noqa: PTH120 - names are relative text
        for name, signature in self._signatures.items():
            path = self.path / name
            found = present.get(name)
            if found is not None and _signature(found) == signature and self._same_data(name, found):
                continue
            put_back.append(name)
            if path.is_symlink() or path.is_file():
                path.unlink()
            elif path.is_dir():
                remove_tree(path)
            _make_folder(path.parent, self.path)
            if name in self._written:
                self._put(name, self._written[name])
            else:
                _copy(self._original / name, path)
                self._signatures[name] = _signature(path)
        self._tidy(wanted)
        return tuple(sorted(put_back))

    def _same_data(self, name: str, path: Path) -> bool:
        """Whether a database still has its bytes: it may be changed through a mapping that leaves the times alone."""
        if name in self._written or path.is_symlink() or not is_sqlite(path):
            return True
        return filecmp.cmp(path, self._original / name, shallow=False)

    def _tidy(self, wanted: set[str]) -> None:
        """Folders as they were: those that a run made are removed, those it removed are made again."""
        for here, folders, _ in os.walk(self._original):
            for name in folders:
                inner = Path(here, name)
                if not inner.is_symlink():
                    _make_folder(self.path / inner.relative_to(self._original), self.path)
        for here, folders, _ in os.walk(self.path, topdown=False):
            for name in folders:
                inner = Path(here, name)
                relative = inner.relative_to(self.path)
                kept = (self._original / relative).is_dir() or relative.as_posix() in wanted
                if not inner.is_symlink() and not kept:
                    with contextlib.suppress(OSError):
                        inner.rmdir()


class _Box(TemporaryFolder):
    """The folder of a workspace and its clones."""

    clones = 0


def _copy(source: str | Path, target: str | Path) -> None:
    source, target = Path(source), Path(target)
    if source.is_symlink():
        target.symlink_to(source.readlink())
    else:
        copy_file(source, target)


def _make_folder(folder: Path, root: Path) -> None:
    if folder == root or folder.is_dir():
        return
    _make_folder(folder.parent, root)
    folder.unlink(missing_ok=True)
    folder.mkdir()


def _walk(root: Path) -> Iterator[tuple[str, Path]]:
    """Files and links under `root`, by their name relative to it."""
    for here, folders, files in os.walk(root):
        links = [name for name in folders if Path(here, name).is_symlink()]
        for name in sorted([*files, *links]):
            path = Path(here, name)
            yield path.relative_to(root).as_posix(), path


def _signature(path: Path) -> _Signature | str:
    if path.is_symlink():
        return str(path.readlink())
    seen = path.stat()
    return seen.st_ino, seen.st_size, seen.st_mtime_ns, seen.st_ctime_ns, seen.st_mode


def _encoding(raw: bytes, path: Path) -> str:
    if path.suffix not in {".py", ".pyi"}:
        return "utf-8"
    try:
        encoding, _ = tokenize.detect_encoding(BytesIO(raw).readline)
    except SyntaxError:
        return "utf-8"
    # the text keeps its byte-order mark as a character, as `FileChange` has it
    return "utf-8" if encoding == "utf-8-sig" else encoding


def _decode(raw: bytes, path: Path) -> str:
    encoding = _encoding(raw, path)
    try:
        return raw.decode(encoding)
    except UnicodeDecodeError as error:
        raise PatchError(
            f"{path.name} is not {encoding} text: {error.reason} at byte {error.start}",
            "Save the file as UTF-8, or name its encoding in its first line.",
        ) from error
