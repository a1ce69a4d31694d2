"""The files of a commit in a folder of their own."""

from __future__ import annotations

from pathlib import Path

from pitstop.errors import UsageError
from pitstop.patching.git import Repository, run


def export(root: Path, commit: str, folder: Path) -> None:
    """Write what lies below `root` in a commit to an empty folder. Raises UsageError."""
    repository = Repository(root)
    tree = f"{commit}:{repository.prefix}" if repository.prefix else commit
    try:
        repository.write(tree, folder)
    except UsageError as error:
        raise UsageError(
            f"the files of {commit[:12]} cannot be read: {error.message}",
            "Where the clone is a partial or shallow one, fetch the rest: `git fetch --unshallow`, `git fetch --refetch`.",
        ) from None


def base_of(root: Path) -> tuple[str, str]:
    """The commit that a branch left the main one at, and what to call it. Raises UsageError where no main branch is found."""
    repository = Repository(root)
    for name in ("origin/HEAD", "origin/main", "origin/master", "main", "master"):
        if run(root, ["rev-parse", "--verify", "-q", f"{name}^{{commit}}"]).returncode:
            continue
        found = run(root, ["merge-base", name, "HEAD"]).stdout.decode().strip()
        if found:
            shown = name.removesuffix("/HEAD")
            if found != repository.head or _is_dirty(root):
                return found, shown if found != repository.head else "HEAD"
            parent = run(root, ["rev-parse", "--verify", "-q", "HEAD^1"]).stdout.decode().strip()
            if parent:
                return parent, "HEAD~1"
    raise UsageError(
        "it is not known what the change is to be compared with",
        "Name a commit or a branch: `pitstop review BASE`.",
    )


def _is_dirty(root: Path) -> bool:
    return bool(run(root, ["status", "--porcelain", "--", "."]).stdout.strip())
