"""The files of a commit in a folder of their own."""

from __future__ import annotations

from pathlib import Path

from pitstop.errors import UsageError
from pitstop.patching.git import Repository, run

_NO_DOWNLOADS = ("-c", "filter.lfs.smudge=", "-c", "filter.lfs.required=false")
"""Files of Git LFS stay pointers: to have them may take the network."""


def export(root: Path, commit: str, folder: Path) -> None:
    """Write what lies below `root` in a commit to an empty folder. Raises UsageError."""
    repository = Repository(root)
    index = folder.parent / f"{folder.name}.index"
    environment = {"GIT_INDEX_FILE": str(index), "GIT_WORK_TREE": str(folder)}
    tree = f"{commit}:{repository.prefix}" if repository.prefix else commit
    try:
        for arguments in (["read-tree", tree], [*_NO_DOWNLOADS, "checkout-index", "--all", "--quiet"]):
            done = run(repository.top, arguments, environment=environment)
            if done.returncode:
                said = done.stderr.decode(errors="replace").strip()
                raise UsageError(f"the files of {commit[:12]} cannot be read: {said}")
    finally:
        index.unlink(missing_ok=True)


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
