"""Changes from any hand, read from git or from a patch file as the texts of the files before and after."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterable
from pathlib import Path

import msgspec

from pitstop.data import FileChange, Skipped
from pitstop.errors import PatchError, UsageError
from pitstop.patching.files import inside, read_text
from pitstop.patching.git import Repository, prefix, run
from pitstop.temporary import TemporaryFolder

_STAGE = "read the change"
_Text = Callable[[str], str | None]


class Changeset(msgspec.Struct, frozen=True, kw_only=True):
    """A change of the project's files. Paths are relative to its root.

    `base` leads from the files as they lie there to those that the change begins with, `changes` from these to what it makes.
    `left_out` says what of it is no text.
    """

    title: str
    base: tuple[FileChange, ...] = ()
    changes: tuple[FileChange, ...] = ()
    left_out: tuple[Skipped, ...] = ()


def between(root: Path, base: str, head: str) -> Changeset:
    """What leads from one commit to another. Raises UsageError without git, or where it knows no such commit."""
    repository = Repository(root)
    first, last = repository.commit(base), repository.commit(head)
    names = _listed(root, "diff", "--name-only", first, last)
    moved = [*_listed(root, "diff", "--name-only", first), *names]
    return _changeset(
        f"{base}..{head}",
        root,
        before=_of(repository, first, moved),
        after=_of(repository, last, names),
        names=names,
        moved=moved,
    )


def not_committed(root: Path) -> Changeset:
    """What the work tree has that HEAD has not: changes, staged or not, and new files that git does not ignore. Raises UsageError."""
    repository = Repository(root)
    names = [
        *_listed(root, "diff", "--name-only", repository.head),
        *_listed(root, "ls-files", "--others", "--exclude-standard"),
    ]
    return _changeset(
        "what is not committed",
        root,
        before=_of(repository, repository.head, names),
        after=lambda path: read_text(root / path),
        names=names,
        moved=names,
    )


def since(root: Path, commit: str) -> Changeset:
    """What leads from a commit to what lies in the work tree, committed or not. Raises UsageError."""
    repository = Repository(root)
    names = [
        *_listed(root, "diff", "--name-only", commit),
        *_listed(root, "ls-files", "--others", "--exclude-standard"),
    ]
    return _changeset(
        f"{commit[:12]} to the work tree",
        root,
        before=_of(repository, commit, names),
        after=lambda path: read_text(root / path),
        names=names,
        moved=names,
    )


def of_patch(root: Path, patch: Path) -> Changeset:
    """What a patch file in git's form does to the files as they lie there. Raises UsageError where it does not fit."""
    try:
        text = patch.read_bytes()
    except OSError as error:
        raise UsageError(f"{patch} cannot be read: {error.strerror}", "Give a patch file.") from None
    with TemporaryFolder() as folder:
        # Outside of any repository `git apply` takes the paths as they stand, from the folder that it runs in.
        alone = {"GIT_CEILING_DIRECTORIES": str(folder.path.parent)}
        steps, names = _named(folder.path, text, prefix(root), alone)
        for name in names:
            there = inside(root, name)
            if there.is_file():
                target = folder.path / name
                target.parent.mkdir(parents=True, exist_ok=True)
                target.write_bytes(there.read_bytes())
        applied = run(
            folder.path, ["apply", f"-p{steps}", "--whitespace=nowarn", "-"], given=text, environment=alone
        )
        if applied.returncode:
            said = applied.stderr.decode(errors="replace").strip()
            raise UsageError(
                f"{patch.name} does not fit: {said}", "Make it against the files as they are now."
            )
        return _changeset(
            patch.name,
            root,
            before=lambda path: read_text(root / path),
            after=lambda path: read_text(folder.path / path),
            names=names,
            moved=(),
        )


def _named(folder: Path, text: bytes, beneath: str, environment: dict[str, str]) -> tuple[int, list[str]]:
    """How many leading parts its paths have too many, and the files that a patch names; a new name of a renamed file beside the old one."""
    summary = run(folder, ["apply", "--numstat", "-z", "-"], given=text, environment=environment)
    if summary.returncode:
        said = summary.stderr.decode(errors="replace").strip()
        raise UsageError(f"it is no patch that git can read: {said}", "`git diff > FILE` makes one.")
    found = re.findall(rb"(?:^|\0)(?:\d+|-)\t(?:\d+|-)\t([^\0]+)", summary.stdout)
    names = [os.fsdecode(name) for name in found]
    names += re.findall(r"^rename from (.+)$", text.decode(errors="replace"), re.MULTILINE)
    if beneath and all(name.startswith(beneath) for name in names):
        return 1 + beneath.count("/"), [name.removeprefix(beneath) for name in names]
    return 1, names


def _listed(root: Path, *arguments: str) -> list[str]:
    """The files below the root that a command of git names, relative to it."""
    command, *rest = arguments
    relative = ["--relative", "--no-renames", "--no-ext-diff"] if command == "diff" else []
    done = run(root, [command, *relative, "-z", *rest, "--", "."])
    if done.returncode:
        said = done.stderr.decode(errors="replace").strip()
        raise UsageError(f"git {command} failed: {said}")
    return [os.fsdecode(name) for name in done.stdout.split(b"\0") if name]


def _of(repository: Repository, commit: str, names: Iterable[str]) -> _Text:
    texts = repository.texts([repository.prefix + name for name in names], commit)
    return lambda path: texts(repository.prefix + path)


def _changeset(
    title: str,
    root: Path,
    *,
    before: _Text,
    after: _Text,
    names: Iterable[str],
    moved: Iterable[str],
) -> Changeset:
    """`names` are the files of the change, `moved` those that may lie there with another text than `before` gives."""
    left_out: dict[str, Skipped] = {}

    def pairs(one: _Text, other: _Text, files: Iterable[str]) -> tuple[FileChange, ...]:
        found = []
        for path in sorted(set(files)):
            try:
                old, new = one(path), other(path)
            except (PatchError, UnicodeDecodeError):
                left_out[path] = Skipped(stage=_STAGE, subject=path, reason="it is no text in UTF-8")
            except UsageError as error:
                left_out[path] = Skipped(stage=_STAGE, subject=path, reason=error.message)
            else:
                if old != new:
                    found.append(FileChange(path=path, before=old, after=new))
        return tuple(found)

    base = pairs(lambda path: read_text(root / path), before, moved)
    changes = pairs(before, after, names)
    return Changeset(title=title, base=base, changes=changes, left_out=tuple(left_out.values()))
