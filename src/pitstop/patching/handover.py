"""Giving proved patches to the user: as files, on a branch, or in the tree itself."""

from __future__ import annotations

import os
import shlex
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

from pitstop.data import Patch
from pitstop.errors import PatchError, UsageError
from pitstop.patching.git import check_branch, create_branch, prefix
from pitstop.patching.undo import apply_to_tree, state_folder, write_patch_files

BRANCH = "pitstop"
"""The branch that `--branch` without a name makes."""


def check_places(root: Path, *, apply: bool, branch: str | None, patches: Path | None) -> None:
    """Ask before the work, not after it, whether what is proved can be handed over. Raises UsageError."""
    if branch is not None:
        check_branch(root, branch)
    if apply and not os.access(root, os.W_OK):
        raise UsageError(
            f"--apply: {root} cannot be written", "Make it writable, or take patch files: --patches DIR."
        )
    if apply and not _writable(state_folder(root)):
        raise UsageError(
            f"--apply: the record for `pitstop undo` cannot be written to {state_folder(root)}",
            "Set XDG_STATE_HOME to a folder that can be written.",
        )
    if patches is not None and not _writable(patches):
        raise UsageError(f"--patches: {patches} cannot be written", "Name a folder that can be.")


def hand_over(
    root: Path, patches: Sequence[Patch], *, apply: bool, branch: str | None, folder: Path | None
) -> tuple[str, str]:
    """Give proved patches to the user: as files, on a branch, or applied.

    Returns the command to go on with, and why there are no patch files where nobody named a folder for them. The files of
    an earlier run are gone afterwards. Raises UsageError.
    """
    following, missing = "", ""
    into_files = folder is not None or not (apply or branch is not None)
    if not patches or not into_files or folder is not None:
        forget_files(root)
    if not patches:
        return "", ""
    if into_files:
        try:
            following = to_files(root, patches, folder)
        except UsageError as error:
            if folder is not None:
                raise
            # nobody asked for the folder, and the report holds the patches
            following, missing = f"pitstop tune {shown(root)} --patches FOLDER", error.message
    if branch is not None:
        following = to_branch(root, branch, patches)
    if apply:
        following = to_tree(root, patches)
    return following, missing


def to_branch(root: Path, name: str, patches: Sequence[Patch]) -> str:
    """Make a branch with a commit for each patch; returns the command that takes them over."""
    with not_ours():
        create_branch(root, name, patches)
    return f"git -C {shown(root)} merge {shlex.quote(name)}"


def to_tree(root: Path, patches: Sequence[Patch]) -> str:
    """Write patches into the tree; returns the command that takes them back."""
    with not_ours():
        apply_to_tree(root, patches)
    return f"pitstop undo --path {shown(root)}"


def to_files(root: Path, patches: Sequence[Patch], folder: Path | None) -> str:
    """Write patch files, all or none; returns the command that applies them.

    Without a `folder` they go to one of pitstop's own, and take the place of those of the last time.
    """
    place = folder or _own_folder(root)
    with not_ours():
        written = write_patch_files(place, patches)
    if folder is None:
        _clear(place, written)
    files = [shlex.quote(str(path)) for path in written]
    if len(files) == len(list(place.glob("*.patch"))):
        files = [f"{shlex.quote(str(place))}/*.patch"]
    inside = prefix(root)
    within = [f"--directory={shlex.quote(inside)}"] if inside else []
    return " ".join(["git", "-C", shown(root), "apply", *within, *files])


def forget_files(root: Path) -> None:
    """Remove the patch files of an earlier run from pitstop's own folder. What was applied can be undone all the same."""
    _clear(_own_folder(root), ())


def _own_folder(root: Path) -> Path:
    return state_folder(root) / "patches"


def _clear(folder: Path, kept: Sequence[Path]) -> None:
    # what cannot be removed is in nobody's way: a report names the files it means
    with suppress(OSError):
        for old in set(folder.glob("*.patch")) - set(kept):
            old.unlink()
        if not kept:
            folder.rmdir()
            folder.parent.rmdir()


@contextmanager
def not_ours() -> Iterator[None]:
    """A patch that cannot go into the tree, or out of it, is a matter of that tree and no fault of pitstop's."""
    try:
        yield
    except PatchError as error:
        raise UsageError(error.message, error.hint) from error


def shown(path: Path) -> str:
    """A path as the user would type it in a shell from here."""
    try:
        path = path.resolve().relative_to(Path.cwd())
    except ValueError:
        return shlex.quote(str(path))
    return shlex.quote(str(path))


def _writable(folder: Path) -> bool:
    """Whether files can be made in a folder, or the folder itself where it is not there yet."""
    there = next(each for each in (folder, *folder.parents) if os.path.lexists(each))
    return there.is_dir() and os.access(there, os.W_OK | os.X_OK)
