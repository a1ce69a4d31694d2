"""What pitstop wrote into a tree, kept so that it can be taken back: one patch or all, in any order."""

from __future__ import annotations

import ast
import contextlib
import hashlib
import os
import time
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

import msgspec

from pitstop.data import FileChange, Patch
from pitstop.errors import PatchError, UsageError
from pitstop.patching import git
from pitstop.patching.edits import diff
from pitstop.patching.files import apply_changes, inside, read_text


class Applied(msgspec.Struct, frozen=True, kw_only=True):
    """One patch that was written to a tree: its texts as they really were before and after, and when (Unix seconds)."""

    number: int
    patch: str
    title: str
    problem: str
    root: str
    time: float
    changes: tuple[FileChange, ...]


def state_folder(root: Path) -> Path:
    """Where the record for a tree is kept: `$XDG_STATE_HOME/pitstop`, or `~/.local/state/pitstop`; never in the tree."""
    # a relative XDG_STATE_HOME is invalid by the specification, and ignored
    given = os.environ.get("XDG_STATE_HOME", "")
    base = Path(given) if Path(given).is_absolute() else Path.home() / ".local" / "state"
    digest = hashlib.blake2b(str(root.resolve()).encode(), digest_size=8).hexdigest()
    return base / "pitstop" / digest


def applied(root: Path) -> tuple[Applied, ...]:
    """The patches that pitstop wrote into this tree and that are still there, oldest first."""
    found: list[Applied] = []
    for path in sorted(state_folder(root).glob("*.json")):
        try:
            found.append(msgspec.json.decode(path.read_bytes(), type=Applied))
        except (OSError, msgspec.DecodeError) as error:
            raise PatchError(
                f"the record of an applied patch cannot be read: {path}: {error}",
                "Take the change back with your version control, then delete this file.",
            ) from error
    return tuple(sorted(found, key=lambda each: each.number))


def apply_to_tree(root: Path, patches: Iterable[Patch]) -> tuple[Applied, ...]:
    """Write patches into the user's own tree, all or none, and keep a record for `undo`.

    A patch made for a text that an earlier one has changed by now is merged with it. Raises PatchError, with nothing
    written, where that cannot be done or a file is not what its patch was made for.
    """
    texts: dict[str, str | None] = {}
    at_first: dict[str, str | None] = {}
    records: list[Applied] = []
    number = max((each.number for each in applied(root)), default=0)
    for patch in patches:
        number += 1
        made: list[FileChange] = []
        for change in patch.changes:
            if change.path not in texts:
                at_first[change.path] = texts[change.path] = read_text(inside(root, change.path))
            present = texts[change.path]
            after = _step(
                present, change.before, change.after, change.path, own=present != at_first[change.path]
            )
            made.append(FileChange(path=change.path, before=present, after=after))
            texts[change.path] = after
        records.append(
            Applied(
                number=number,
                patch=patch.id,
                title=patch.title,
                problem=patch.problem,
                root=str(root.resolve()),
                time=time.time(),
                changes=tuple(made),
            )
        )
    _write(root, at_first, texts, records, removed=())
    return tuple(records)


def undo(root: Path, patch_id: str | None = None) -> tuple[Applied, ...]:
    """Take back one patch, or all. Edits made elsewhere in the same files since then stay.

    Returns what was taken back, in that order. Raises UsageError if there is nothing to take back, and PatchError, with
    nothing written, where the place itself was edited since or something still needs what the patch brought.
    """
    known = applied(root)
    chosen = [each for each in reversed(known) if patch_id is None or each.patch == patch_id]
    if not chosen:
        what = f"no patch {patch_id} of pitstop's" if patch_id else "nothing of pitstop's"
        there = ", ".join(f"{each.patch} ({each.title})" for each in known)
        raise UsageError(
            f"there is {what} in {root}", f"Applied are: {there}" if there else "No patch was applied here."
        )
    texts: dict[str, str | None] = {}
    at_first: dict[str, str | None] = {}
    for record in chosen:
        for change in reversed(record.changes):
            if change.path not in texts:
                at_first[change.path] = texts[change.path] = read_text(inside(root, change.path))
            texts[change.path] = _step(texts[change.path], change.after, change.before, change.path, own=True)
    for path, text in texts.items():
        lost = _lost_names(at_first[path], text) if path.endswith(".py") else ()
        if lost:
            raise PatchError(
                f"{path}: {', '.join(lost)} would not be imported any more, but is used there",
                "A later patch or edit relies on it. Undo that one first, or all.",
            )
    _write(root, at_first, texts, records=(), removed=chosen)
    return tuple(chosen)


def _step(present: str | None, base: str | None, wanted: str | None, path: str, *, own: bool) -> str | None:
    """The present text with the step from `base` to `wanted` made in it.

    `own` allows a merge; without it, the text has to be exactly what the step was made for.
    """
    if present == base:
        return wanted
    if own and present == wanted:
        return present
    if present is None or base is None or wanted is None or not own:
        state = "is gone" if present is None else "was changed since"
        raise PatchError(f"{path} {state}", "Nothing was written. Run pitstop again on the present tree.")
    try:
        return git.merge(present, base, wanted, path)
    except git.NoGitError:
        raise PatchError(
            f"{path} was changed since, and merging the changes needs git",
            "Nothing was written. Install git, or put the file back as pitstop left it.",
        ) from None


def _imported(tree: ast.Module) -> set[str]:
    return {
        (each.asname or each.name).partition(".")[0]
        for node in tree.body
        if isinstance(node, ast.Import | ast.ImportFrom)
        for each in node.names
    }


def _lost_names(before: str | None, after: str | None) -> tuple[str, ...]:
    """Names that a file would not import any more, though it uses them."""
    if before is None or after is None:
        return ()
    try:
        old, new = (ast.parse(text.removeprefix("\ufeff")) for text in (before, after))
    except (SyntaxError, ValueError):
        return ()
    read = {n.id for n in ast.walk(new) if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Load)}
    bound = {n.id for n in ast.walk(new) if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Store)}
    return tuple(sorted((_imported(old) - _imported(new)) & read - bound))


def _write(
    root: Path,
    at_first: Mapping[str, str | None],
    texts: Mapping[str, str | None],
    records: Sequence[Applied],
    removed: Sequence[Applied],
) -> None:
    """Write the tree and its record. The record of a patch is there before the patch, and gone after it."""
    folder = state_folder(root)
    written: list[Path] = []
    try:
        for record in records:
            folder.mkdir(parents=True, exist_ok=True)
            path = folder / f"{record.number:06d}-{record.patch}.json"
            staged = path.with_suffix(".part")
            staged.write_bytes(msgspec.json.encode(record))
            staged.replace(path)
            written.append(path)
        changes = [FileChange(path=p, before=at_first[p], after=text) for p, text in texts.items()]
        apply_changes(root, changes)
    except BaseException as error:
        for path in written:
            path.unlink(missing_ok=True)
        if isinstance(error, OSError):
            raise PatchError(
                f"the record for `pitstop undo` cannot be written: {error.filename}: {error.strerror}",
                "Nothing was changed. Set XDG_STATE_HOME to a folder that can be written.",
            ) from error
        raise
    for record in removed:
        (folder / f"{record.number:06d}-{record.patch}.json").unlink(missing_ok=True)
    if removed:
        with contextlib.suppress(OSError):
            folder.rmdir()


def write_patch_files(folder: Path, patches: Iterable[Patch]) -> tuple[Path, ...]:
    """One file a patch, numbered in order, each for `git apply` on top of those before it; all or none. Raises UsageError.

    Raises PatchError where a patch does not fit on those before it.
    """
    made: list[Path] = []
    texts: dict[str, str | None] = {}
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for number, patch in enumerate(patches, 1):
            path = folder / f"{number:04d}-{patch.problem}-{patch.id}.patch"
            head = f"{patch.title}\n\nRepairs {patch.problem} (finding {patch.finding}).\n\n"
            steps: list[FileChange] = []
            for change in patch.changes:
                present = texts.get(change.path, change.before)
                after = _step(present, change.before, change.after, change.path, own=True)
                steps.append(FileChange(path=change.path, before=present, after=after))
                texts[change.path] = after
            made.append(path)
            path.write_bytes((head + diff(steps)).encode())
    except BaseException as error:
        for path in made:
            with contextlib.suppress(OSError):
                path.unlink(missing_ok=True)
        if isinstance(error, OSError):
            raise UsageError(
                f"patch files cannot be written to {folder}: {error.strerror}", "Choose another folder."
            ) from error
        raise
    return tuple(made)
