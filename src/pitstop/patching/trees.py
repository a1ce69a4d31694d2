"""The files of a commit in a folder of their own."""

from __future__ import annotations

import re
from pathlib import Path

from pitstop.errors import UsageError
from pitstop.patching.git import Repository, run

_NEVER_READ = re.compile(
    rb"\.(?:avif|bmp|gif|ico|jpe?g|png|svg|tiff?|webp|eot|otf|ttf|woff2?|avi|mov|mp[34]|ogg|wav|webm"
    rb"|7z|bin|bz2|gz|np[yz]|onnx|parquet|pkl|pt|tgz|whl|xz|zip|csv|docx|ipynb|pdf|pptx|tsv|xlsx"
    rb"|[cm]?js|css|html|jsx|less|map|mdx?|rst|s[ac]ss|snap|svelte|tsx?|vue)",
    re.IGNORECASE,
)
"""Endings of files that say nothing of a service to who reads its code: in many repositories most files, and nearly all bytes."""


def export(root: Path, commit: str, folder: Path) -> None:
    """Write what of a commit lies below `root` and may be read to an empty folder. Raises UsageError."""
    repository = Repository(root)
    tree = f"{commit}:{repository.prefix}" if repository.prefix else commit
    try:
        listed = repository.git("ls-tree", "-r", "-z", "--name-only", tree).split(b"\0")
        names = [name for name in listed if name and not _NEVER_READ.fullmatch(name[name.rfind(b".") :])]
        repository.write(tree, folder, names)
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
