"""A change from any hand as a patch that the Prover takes."""

from __future__ import annotations

import hashlib
import shlex
from collections.abc import Sequence
from pathlib import PurePosixPath

import msgspec

from pitstop.data import FileChange, Patch, Skipped
from pitstop.errors import UsageError
from pitstop.patching.changesets import Changeset
from pitstop.patching.edits import diff
from pitstop.proof.coverage import is_prose
from pitstop.verdicts import Verdict

PROBLEM = "change"
"""What stands where a repair has the name of its problem."""
_PACKAGES = frozenset(
    {"pyproject.toml", "poetry.lock", "uv.lock", "Pipfile", "Pipfile.lock", "setup.py", "setup.cfg"}
)


def patch_of(change: Changeset, tests: Sequence[str]) -> Patch:
    """What is to be proved: all of a change but its tests, for both versions have to be asked the same. Raises UsageError where nothing is left."""
    own = tuple(each for each in change.changes if not _is_test(each, tests))
    if not own:
        raise UsageError(
            f"{change.title} changes nothing of the service" + (" but its tests" if change.changes else ""),
            "Name another change: BASE..HEAD, `--patch FILE`, or nothing for what is not committed.",
        )
    text = diff(own)
    return Patch(
        id=hashlib.blake2b(text.encode(), digest_size=6).hexdigest(),
        finding="",
        problem=PROBLEM,
        title=change.title,
        changes=own,
        diff=text,
        aims=(),
    )


def with_commands(verdict: Verdict, command: Sequence[str]) -> Verdict:
    """The verdict with a command for each difference that shows it again: what was typed, and the one test that saw it."""
    told = tuple(
        msgspec.structs.replace(
            each, again=shlex.join([*command, *(["--test", each.test] if each.test else [])])
        )
        for each in verdict.differences
    )
    return msgspec.structs.replace(verdict, differences=told)


def not_looked_at(change: Changeset, tests: Sequence[str]) -> list[Skipped]:
    """What of a change the proof says nothing of."""
    found = list(change.left_out)
    own = [each.path for each in change.changes if _is_test(each, tests)]
    if own:
        reason = "both versions were asked by the tests as they were before"
        found.append(Skipped(stage="prove", subject=_some(own), reason=reason))
    packages = [each.path for each in change.changes if _names_packages(each.path)]
    if packages:
        reason = "both versions ran with the packages that are installed"
        found.append(Skipped(stage="prove", subject=_some(packages), reason=reason))
    others = [
        each.path for each in change.changes if _is_aside(each.path) and each.path not in (*own, *packages)
    ]
    if others and any(each.path.endswith(".py") and each.path not in own for each in change.changes):
        reason = "both versions were asked with their own; whether a request needs it is not known"
        found.append(Skipped(stage="prove", subject=_some(others), reason=reason))
    return found


def _is_aside(path: str) -> bool:
    """Whether a file is no code of the service, and not for people alone."""
    return not path.endswith(".py") and not is_prose(path)


def _is_test(change: FileChange, tests: Sequence[str]) -> bool:
    path = PurePosixPath(change.path)
    folders = [PurePosixPath(each.partition("::")[0]) for each in tests]
    name = path.name
    is_named = name == "conftest.py" or (
        name.endswith(".py") and (name.startswith("test_") or name.endswith("_test.py"))
    )
    return is_named or any(path.is_relative_to(folder) for folder in folders if folder.parts)


def _names_packages(path: str) -> bool:
    name = PurePosixPath(path).name
    return name in _PACKAGES or (name.startswith("requirements") and name.endswith((".txt", ".in")))


def _some(paths: Sequence[str]) -> str:
    return ", ".join(paths[:3]) + (f" and {len(paths) - 3} more" if len(paths) > 3 else "")
