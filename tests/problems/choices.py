"""What an option of a problem makes of small services."""

from __future__ import annotations

from pathlib import Path

from pitstop import project
from pitstop.data import Declined, Patch
from pitstop.errors import PatchError
from pitstop.problems import discover

from .trees import apply, check, findings


def chosen(root: Path, problem: str, option: str) -> list[Patch | Declined]:
    """What an option proposes for each finding of a tree, every patch checked."""
    found = discover()[problem]
    (fix,) = [choice.fix for choice in found.choices if choice.option.name == option]
    assert fix is not None
    assert found.rule is not None
    read = project.read(root, cache=False)
    given: list[Patch | Declined] = []
    for finding in found.rule(read):
        try:
            patch = fix(finding, read)
        except PatchError as error:
            given.append(Declined(finding=finding.id, problem=problem, reason=error.message))
        else:
            check(root, patch)
            given.append(patch)
    return given


def mended(root: Path, problem: str, option: str) -> str:
    """The diff of the only finding's patch, which is then applied; nothing may be found there afterwards."""
    (given,) = chosen(root, problem, option)
    assert isinstance(given, Patch), given
    apply(root, given)
    assert findings(root, problem) == [], "a second run still finds something"
    return given.diff


def refused(root: Path, problem: str, option: str) -> str:
    """Why the only finding got no patch."""
    (given,) = chosen(root, problem, option)
    assert isinstance(given, Declined), given
    return given.reason
