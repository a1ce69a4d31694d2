"""Repairs that a proof dropped, remembered, so that the next run does not try them again for the same cause.

The cause is the same as long as each file that the service and its tests run with is what it was then, or that with the repairs that
were kept, and so are the settings. What lies elsewhere (packages, a database server's rows) is not looked at, and not claimed.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path

import msgspec

from pitstop import __version__
from pitstop.data import Patch
from pitstop.patching.undo import state_folder
from pitstop.settings import Settings
from pitstop.verdicts import Changed, NotFaster, Proved, Verdict

_MOST = 1000
_WHOLE = 16 * 1024**2
"""Larger files are known by their size, and by so many bytes at either end:"""
_END = 1024**2


class _Dropped(msgspec.Struct, frozen=True, kw_only=True):
    """A patch, why it was dropped and when, and the causes for which that holds."""

    patch: str
    outcome: str
    reason: str
    at: str
    causes: tuple[str, ...]


class Memory:
    """What is remembered of a tree, for one workload. Nothing is, where the state folder cannot be read or written."""

    def __init__(self, root: Path, copy: Path, settings: Settings, cases: int | None) -> None:
        """`copy` is that of the tree as it is now, before anything ran in it; `cases` how many requests are generated for a route."""
        self._path = state_folder(root) / "dropped" / "patches.json"
        self._files = {
            path.relative_to(copy).as_posix(): _digest_of(path) for path in copy.rglob("*") if path.is_file()
        }
        # Who proposes a patch says nothing of what comes of it.
        asked = msgspec.structs.replace(settings, with_llm="", llm_questions=1)
        self._asked = repr((__version__, cases, asked))
        self._known: dict[str, _Dropped] = {}
        with suppress(OSError, msgspec.MsgspecError):
            kept = msgspec.json.decode(self._path.read_bytes(), type=tuple[_Dropped, ...])
            self._known = {each.patch: each for each in kept}
        self._now = self._cause(self._files)

    def _cause(self, files: Mapping[str, str]) -> str:
        return _digest(
            "\0".join((self._asked, *(f"{path}\0{digest}" for path, digest in sorted(files.items()))))
        )

    @property
    def reasons(self) -> dict[str, str]:
        """Why not to try a patch again, by its id."""
        return {
            each.patch: f"it was tried on {each.at} and dropped, {each.outcome}: {each.reason}; the project's files and settings "
            "are as they were, but for repairs that were kept (`--again` tries it)"
            for each in self._known.values()
            if self._now in each.causes
        }

    def keep(self, patches: Sequence[Patch], verdicts: Iterable[Verdict]) -> None:
        """Remember what was dropped by a run: what changed something, or did not help. Raises OSError where it cannot be written."""
        judged = {verdict.patch: verdict for verdict in verdicts}
        files = dict(self._files)
        for patch in patches:
            if isinstance(judged.get(patch.id), Proved):
                for change in patch.changes:
                    files.pop(change.path, None)
                    if change.after is not None:
                        files[change.path] = _digest(change.after)
        causes = (self._now, self._cause(files))
        at = datetime.now(UTC).date().isoformat()
        for verdict in judged.values():
            if isinstance(verdict, Changed | NotFaster):
                outcome = "changed" if isinstance(verdict, Changed) else "not faster"
                told = _Dropped(
                    patch=verdict.patch, outcome=outcome, reason=verdict.reason, at=at, causes=causes
                )
                self._known = {**self._known, verdict.patch: told}
            else:
                self._known.pop(verdict.patch, None)
        if not self._known and not self._path.exists():
            return
        self._path.parent.mkdir(parents=True, exist_ok=True)
        beside = self._path.with_suffix(".tmp")
        beside.write_bytes(msgspec.json.encode(tuple(self._known.values())[-_MOST:]))
        beside.replace(self._path)


def _digest(text: str) -> str:
    return hashlib.blake2b(text.encode("utf-8", "surrogatepass"), digest_size=16).hexdigest()


def _digest_of(path: Path) -> str:
    with path.open("rb") as file:
        size = path.stat().st_size
        if size <= _WHOLE:
            return hashlib.blake2b(file.read(), digest_size=16).hexdigest()
        parts = [str(size).encode(), file.read(_END)]
        file.seek(-_END, 2)
        return hashlib.blake2b(b"".join([*parts, file.read()]), digest_size=16).hexdigest()
