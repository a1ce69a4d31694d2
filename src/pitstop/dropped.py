"""Repairs that a proof dropped, remembered, so that the next run does not try them again for the same cause.

The cause is the same as long as the tree is what it was then, or that with the repairs that were kept; and the workload is.
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
from pitstop.project import Project
from pitstop.settings import Settings
from pitstop.verdicts import Changed, NotFaster, Proved, Verdict

_MOST = 1000


class _Dropped(msgspec.Struct, frozen=True, kw_only=True):
    """A patch, why it was dropped and when, and the causes for which that holds."""

    patch: str
    outcome: str
    reason: str
    at: str
    causes: tuple[str, ...]


class Memory:
    """What is remembered of a tree, for one workload. Nothing is, where the state folder cannot be read or written."""

    def __init__(self, root: Path, project: Project, settings: Settings, cases: int | None) -> None:
        """`project` is the tree as it is now, `cases` how many requests are generated for a route."""
        self._path = state_folder(root) / "dropped" / "patches.json"
        self._texts = {path: module.source.text for path, module in project.index.by_path.items()}
        asked = (__version__, str(cases), *settings.recordings, *settings.tests)
        self._asked = "\0".join(asked)
        self._known: dict[str, _Dropped] = {}
        with suppress(OSError, msgspec.MsgspecError):
            kept = msgspec.json.decode(self._path.read_bytes(), type=tuple[_Dropped, ...])
            self._known = {each.patch: each for each in kept}
        self._now = self._cause(self._texts)

    def _cause(self, texts: Mapping[str, str]) -> str:
        whole = hashlib.blake2b(self._asked.encode(), digest_size=16)
        for path, text in sorted(texts.items()):
            whole.update(f"\0{path}\0{hashlib.blake2b(text.encode('utf-8', 'replace')).hexdigest()}".encode())
        return whole.hexdigest()

    @property
    def reasons(self) -> dict[str, str]:
        """Why not to try a patch again, by its id."""
        return {
            each.patch: f"it was tried on {each.at} and dropped, {each.outcome}: {each.reason}; nothing has changed since "
            "(`--again` tries it)"
            for each in self._known.values()
            if self._now in each.causes
        }

    def keep(self, patches: Sequence[Patch], verdicts: Iterable[Verdict]) -> None:
        """Remember what was dropped by a run: what changed something, or did not help. Raises OSError where it cannot be written."""
        judged = {verdict.patch: verdict for verdict in verdicts}
        texts = dict(self._texts)
        for patch in patches:
            if isinstance(judged.get(patch.id), Proved):
                texts |= {change.path: change.after or "" for change in patch.changes if change.path in texts}
        causes = (self._now, self._cause(texts))
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
