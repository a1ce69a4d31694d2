"""git as a tool: three-way merges of texts, and a branch made of patches without touching tree, index or HEAD."""

from __future__ import annotations

import os
import re
import subprocess
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path

from pitstop.data import FileChange, Patch
from pitstop.errors import PatchError, UsageError
from pitstop.temporary import TemporaryFolder

_TIMEOUT_S = 60
_LOCAL = (
    "GIT_DIR",
    "GIT_WORK_TREE",
    "GIT_INDEX_FILE",
    "GIT_PREFIX",
    "GIT_COMMON_DIR",
    "GIT_OBJECT_DIRECTORY",
)
_IDENTITY = {
    "GIT_AUTHOR_NAME": "pitstop",
    "GIT_AUTHOR_EMAIL": "pitstop@localhost",
    "GIT_COMMITTER_NAME": "pitstop",
    "GIT_COMMITTER_EMAIL": "pitstop@localhost",
}
_NO_COMMIT = "0" * 40
_NO_DOWNLOADS = ("-c", "filter.lfs.smudge=", "-c", "filter.lfs.required=false")
"""Files of Git LFS stay pointers: to have them may take the network."""


class NoGitError(UsageError):
    """git is not installed, or the folder is not in a repository."""


def run(
    folder: Path,
    arguments: Sequence[str],
    *,
    given: bytes = b"",
    environment: Mapping[str, str] | None = None,
) -> subprocess.CompletedProcess[bytes]:
    # a hook that calls us has variables set that would lead git elsewhere
    own = {name: value for name, value in os.environ.items() if name not in _LOCAL}
    try:
        return subprocess.run(
            ["git", *arguments],
            cwd=folder,
            input=given,
            env={**own, "LC_ALL": "C", "GIT_TERMINAL_PROMPT": "0", **(environment or {})},
            capture_output=True,
            timeout=_TIMEOUT_S,
            check=False,
        )
    except FileNotFoundError:
        raise NoGitError("git is not installed", "Install git, or let pitstop write patch files.") from None
    except subprocess.TimeoutExpired:
        raise UsageError(f"git {arguments[0]} did not end within {_TIMEOUT_S} s") from None


def merge(present: str, base: str, wanted: str, path: str) -> str:
    """The present text with the step from `base` to `wanted` made in it too.

    Raises PatchError, naming file and lines, where both changed the same place, and NoGitError without git.
    """
    if present == base:
        return wanted
    if wanted in (base, present):
        return present
    with TemporaryFolder() as folder:
        names = ("present", "base", "wanted")
        for name, text in zip(names, (present, base, wanted), strict=True):
            Path(folder.path, name).write_bytes(text.encode())
        done = run(folder.path, ["merge-file", "-p", "-q", *names])
    if done.returncode == 0:
        return done.stdout.decode()
    if done.returncode >= 128 or not done.stdout:
        raise PatchError(f"{path}: git cannot merge it: {done.stderr.decode(errors='replace').strip()}")
    lines = _conflicts(done.stdout.decode())
    raise PatchError(
        f"{path}, {lines}: the text there was changed since",
        "Nothing was written. Make this change by hand, or put the lines back and try again.",
    )


def _conflicts(merged: str) -> str:
    """The lines of the present text that conflict, in words."""
    spans: list[tuple[int, int]] = []
    line, begin, side = 1, 0, ""
    for text in merged.split("\n"):
        if text.startswith("<<<<<<< present"):
            side, begin = "present", line
        elif side and re.match(r"=======\r?$", text):
            side = "wanted"
        elif side and text.startswith(">>>>>>> wanted"):
            spans.append((begin, max(begin, line - 1)))
            side = ""
        elif side != "wanted":
            line += 1
    told = [str(first) if first == last else f"{first}-{last}" for first, last in spans]
    return f"line{'s' if len(told) > 1 or '-' in told[0] else ''} {', '.join(told)}" if told else "somewhere"


class Repository:
    """The repository a folder is in, and its HEAD."""

    def __init__(self, root: Path) -> None:
        self.root = root
        inside = run(root, ["rev-parse", "--show-toplevel", "--show-prefix"])
        if inside.returncode:
            raise NoGitError(
                f"{root} is not in a git repository",
                "Run `git init` and commit, or let pitstop write patch files.",
            )
        top, self.prefix, *_ = [*inside.stdout.decode().split("\n"), ""]
        self.top = Path(top)
        head = run(root, ["rev-parse", "--verify", "-q", "HEAD^{commit}"])
        if head.returncode:
            raise UsageError(
                "the repository has no commit yet", "Commit once, or let pitstop write patch files."
            )
        self.head = head.stdout.decode().strip()

    def git(self, *arguments: str, given: bytes = b"", environment: Mapping[str, str] | None = None) -> bytes:
        """Run git at the top of the repository. Raises UsageError with what git said."""
        done = run(self.top, arguments, given=given, environment=environment)
        if done.returncode:
            said = done.stderr.decode(errors="replace").strip()
            command = next(each for each in arguments if each != "-c" and "=" not in each)
            raise UsageError(f"git {command} failed: {said}")
        return done.stdout

    def commit(self, name: str) -> str:
        """The commit that a name stands for. Raises UsageError."""
        found = run(self.top, ["rev-parse", "--verify", "-q", "--end-of-options", f"{name}^{{commit}}"])
        if found.returncode:
            raise UsageError(
                f"there is no commit {name}", "Name a commit, a branch or a tag of the repository."
            )
        return found.stdout.decode().strip()

    def text(self, path: str, commit: str = "") -> str | None:
        """A file's text in a commit, HEAD if none is named, as it would lie in the work tree; None if it has no such file.

        Raises UsageError where it is no ordinary file, UnicodeDecodeError where it is no text.
        """
        return self.texts([path], commit or self.head)(path)

    def texts(self, paths: Iterable[str], commit: str) -> Callable[[str], str | None]:
        """What `text` gives for each of these files of a commit, read at once: a process for each of them takes minutes of a large change."""
        wanted = {os.fsencode(path) for path in paths}
        modes: dict[bytes, bytes] = {}
        for entry in self.git("ls-tree", "-r", "-z", commit).split(b"\0") if wanted else ():
            mode, _, name = entry.partition(b"\t")
            if name in wanted:
                modes[name] = mode
        ordinary = [name for name, mode in modes.items() if mode.startswith(b"100")]
        read: dict[bytes, bytes] = {}
        if ordinary:
            with TemporaryFolder() as folder:
                target = folder.path / "files"
                target.mkdir()
                self.write(commit, target, ordinary)
                read = {name: (target / os.fsdecode(name)).read_bytes() for name in ordinary}

        def text(path: str) -> str | None:
            name = os.fsencode(path)
            if name in modes and name not in read:
                raise UsageError(f"{path} is no ordinary file in git", "Patch files can still be written.")
            return read[name].decode() if name in read else None

        return text

    def write(self, tree: str, folder: Path, names: Sequence[bytes]) -> None:
        """Write files of a tree to an empty folder, as they would lie in the work tree. Raises UsageError."""
        index = folder.parent / f"{folder.name}.index"
        environment = {"GIT_INDEX_FILE": str(index), "GIT_WORK_TREE": str(folder)}
        try:
            self.git("read-tree", tree, environment=environment)
            self.git(
                *_NO_DOWNLOADS,
                "checkout-index",
                "-z",
                "--stdin",
                "--quiet",
                given=b"".join(name + b"\0" for name in names),
                environment=environment,
            )
        finally:
            index.unlink(missing_ok=True)


def check_branch(root: Path, name: str) -> Repository:
    """Raise UsageError where `create_branch` could not make a branch of this name, whatever the patches."""
    repository = Repository(root)
    if run(root, ["check-ref-format", "--branch", name]).returncode:
        raise UsageError(f"{name!r} cannot be the name of a branch", "Choose another name.")
    if not run(root, ["rev-parse", "--verify", "-q", f"refs/heads/{name}"]).returncode:
        raise UsageError(
            f"there is a branch {name} already", f"Choose another name, or delete it: git branch -D {name}"
        )
    return repository


def prefix(root: Path) -> str:
    """The way from the top of the repository to a folder in it, ending in `/`; "" at the top and without git.

    `git apply` passes over every file that is not under it, without a word.
    """
    try:
        inside = run(root, ["rev-parse", "--show-prefix"])
    except UsageError:
        return ""
    return "" if inside.returncode else inside.stdout.decode().removesuffix("\n")


def create_branch(root: Path, name: str, patches: Iterable[Patch]) -> tuple[str, ...]:
    """A new branch on top of HEAD with one commit for each patch, in order; returns the commits.

    Work tree, index and HEAD stay as they are; `root` may be a folder inside of the repository. Where a patched file has
    changes that are not committed, the patch is put on the committed text if it fits there. Raises UsageError without git, without a
    commit, if the branch exists, or where a patch fits only with what is not committed.
    """
    repository = check_branch(root, name)
    reference = f"refs/heads/{name}"
    identity = {} if not run(root, ["var", "GIT_COMMITTER_IDENT"]).returncode else _IDENTITY
    texts: dict[str, str | None] = {}
    commits: list[str] = []
    with TemporaryFolder() as folder:
        environment = {**identity, "GIT_INDEX_FILE": str(folder.path / "index")}
        repository.git("read-tree", repository.head, environment=environment)
        parent = repository.head
        for patch in patches:
            for change in patch.changes:
                _stage(repository, change, texts, environment)
            tree = repository.git("write-tree", environment=environment).decode().strip()
            parent = (
                repository.git(
                    "commit-tree", tree, "-p", parent, given=_message(patch).encode(), environment=environment
                )
                .decode()
                .strip()
            )
            commits.append(parent)
    # the zero old value makes git refuse if someone else made the branch meanwhile
    repository.git(
        "update-ref", "-m", "branch: made by pitstop", reference, parent, _NO_COMMIT[: len(parent)]
    )
    return tuple(commits)


def _stage(
    repository: Repository, change: FileChange, texts: dict[str, str | None], environment: Mapping[str, str]
) -> None:
    path = repository.prefix + change.path
    if path not in texts:
        texts[path] = repository.text(path)
    present = texts[path]
    after = _on_top(present, change)
    texts[path] = after
    if after is None:
        repository.git("update-index", "--force-remove", "--", path, environment=environment)
        return
    blob = repository.git("hash-object", "-w", "--stdin", f"--path={path}", given=after.encode())
    listed = repository.git("ls-files", "-s", "-z", "--", path, environment=environment).decode()
    mode = listed.partition(" ")[0] or "100644"
    entry = f"{mode},{blob.decode().strip()},{path}"
    repository.git("update-index", "--add", "--cacheinfo", entry, environment=environment)


def _on_top(present: str | None, change: FileChange) -> str | None:
    """The text a change makes of the committed one."""
    if present == change.before:
        return change.after
    hint = f"Commit or stash your changes of {change.path}, or let pitstop write patch files."
    if present is None or change.before is None or change.after is None:
        state = "is not committed" if present is None else "is committed with another text"
        raise UsageError(f"{change.path} {state}, so its patch does not fit on HEAD", hint)
    try:
        return merge(present, change.before, change.after, change.path)
    except PatchError as error:
        raise UsageError(
            f"{error.message}: its patch fits only with changes that are not committed", hint
        ) from None


def _message(patch: Patch) -> str:
    parts = [patch.title, "", f"Repairs {patch.problem} (finding {patch.finding}, patch {patch.id})."]
    for label, text in (("Risk", patch.risk), ("Validate", patch.validate), ("Roll back", patch.rollback)):
        if text:
            parts += ["", f"{label}: {text}"]
    return "\n".join(parts) + "\n"
