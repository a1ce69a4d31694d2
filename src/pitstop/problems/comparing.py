"""Findings of two versions of a service: what the one has that the other had not."""

from __future__ import annotations

import difflib
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from typing import TYPE_CHECKING

import msgspec

from pitstop.data import Finding, Location

if TYPE_CHECKING:
    from pitstop.project import Project

_ALIKE = 0.6
"""Code of which less is the same is other code."""


def brought(
    before: Sequence[Finding], after: Sequence[Finding], old: Project, new: Project
) -> tuple[list[Finding], list[Finding]]:
    """The findings that only the new version has, in their order, and those that only the old one had.

    A finding stays the same where its code was edited or moved, with its function or out of it; so each finding of the old version
    stands for one of the new at most. A pattern that shows at more places than before is news, at the first of the new places.
    """
    known = {finding.id: finding for finding in before}
    left = {finding.id: finding for finding in before}
    news = []
    for finding in after:
        same = known.get(finding.id)
        if same is None:
            news.append(finding)
            continue
        left.pop(finding.id, None)
        if len(finding.places) > len(same.places):
            news.append(_at_the_new_place(finding, same, old, new))
    fitting: tuple[Callable[[Finding, Finding], bool], ...] = (
        lambda one, other: (
            one.location.symbol == other.location.symbol
            and _is_alike(_code(one.location, old), _code(other.location, new))
        ),
        lambda one, other: _code(one.location, old) == _code(other.location, new) != "",
        lambda one, other: (
            one.location.symbol.rpartition(".")[2] == other.location.symbol.rpartition(".")[2] != ""
            and _is_alike(_code(one.location, old), _code(other.location, new))
        ),
    )
    for is_same in fitting:
        for finding in list(news):
            match = next(
                (
                    each
                    for each in left.values()
                    if each.problem == finding.problem and is_same(each, finding)
                ),
                None,
            )
            if match is not None and finding.id not in known:
                del left[match.id]
                news.remove(finding)
    return news, list(left.values())


def _at_the_new_place(finding: Finding, same: Finding, old: Project, new: Project) -> Finding:
    places = (finding.location, *finding.places)
    had = Counter(_key(place, old) for place in (same.location, *same.places))
    fresh = []
    for place in places:
        key = _key(place, new)
        had[key] -= 1
        if had[key] < 0:
            fresh.append(place)
    first, *others = fresh or places
    return msgspec.structs.replace(finding, location=first, places=tuple(others))


def _key(place: Location, project: Project) -> tuple[str, str, str]:
    return place.path, place.symbol, _code(place, project)


def _is_alike(one: str, other: str) -> bool:
    return difflib.SequenceMatcher(None, one, other, autojunk=False).ratio() >= _ALIKE


def _code(place: Location, project: Project) -> str:
    """The text of a place, its white space folded; empty where it is not in a module of the project."""
    module = project.index.by_path.get(place.path)
    if module is None:
        return ""
    lines = module.source.text.splitlines()[place.line - 1 : max(place.line, place.end_line)]
    if not lines:
        return ""
    if place.end_line == place.line and place.end_column > place.column:
        lines = [lines[0][place.column - 1 : place.end_column - 1]]
    return " ".join(" ".join(lines).split())


def counted(findings: Iterable[Finding]) -> dict[str, int]:
    """How many findings there are of each problem, most first."""
    return dict(Counter(finding.problem for finding in findings).most_common())
