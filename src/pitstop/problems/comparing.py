"""Findings of two versions of a service: what the one has that the other had not."""

from __future__ import annotations

import difflib
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from typing import TYPE_CHECKING

import msgspec

from pitstop.data import Finding, Location, Severity

if TYPE_CHECKING:
    from pitstop.project import Project

_Key = tuple[str, str, str]
"""Path, owner and code of a place."""
_WEIGHT: dict[Severity, int] = {"low": 0, "medium": 1, "high": 2}
_ALIKE = 0.6
"""Code of which less is the same is other code."""


def brought(
    before: Sequence[Finding], after: Sequence[Finding], old: Project, new: Project
) -> tuple[list[Finding], list[Finding]]:
    """The findings that only the new version has, in their order, and those that only the old one had.

    A finding stays the same where its code was edited or moved, with its function or out of it, or where its owner got another name;
    so each finding of the old version stands for one of the new at most. So does one all of whose places were places of others, as where a
    pattern of several places falls apart. A pattern that shows at more places than before is news, at the first of the new places,
    and so is one whose code was edited such that it weighs more.
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
        elif _is_worse(same, finding, old, new):
            news.append(_worse(finding))
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
        lambda one, other: (
            _is_renamed(one.location.symbol, other.location.symbol, old, new)
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
                if _is_worse(match, finding, old, new):
                    news.append(_worse(finding))
    return _without_old_places(news, known, after, old, new), list(left.values())


def _is_worse(same: Finding, finding: Finding, old: Project, new: Project) -> bool:
    """Whether an edit of the place itself made a finding weigh more: what weighs more for what was done elsewhere is told there."""
    return _WEIGHT[finding.severity] > _WEIGHT[same.severity] and (
        _code(same.location, old) != _code(finding.location, new)
    )


def _worse(finding: Finding) -> Finding:
    return msgspec.structs.replace(finding, message=f"worse than it was before: {finding.message}")


def _is_renamed(one: str, other: str, old: Project, new: Project) -> bool:
    """Whether a name of the old version is there no more, and the other was not there before."""
    return not _is_defined(one, new) and not _is_defined(other, old)


def _is_defined(symbol: str, project: Project) -> bool:
    """Whether a function, a class or an attribute of one has a name."""
    owner, _, name = symbol.rpartition(".")
    if symbol in project.index.functions or symbol in project.index.classes:
        return True
    info = project.index.classes.get(owner)
    return info is not None and name in info.attributes


def _without_old_places(
    news: list[Finding], known: dict[str, Finding], after: Sequence[Finding], old: Project, new: Project
) -> list[Finding]:
    """The findings that show somewhere where no finding of their problem showed before."""
    places: dict[str, Counter[_Key]] = {}
    for finding in known.values():
        places.setdefault(finding.problem, Counter()).update(_keys(finding, old))
    for finding in after:
        if finding.id in known:
            # Those that are there still have their own.
            places[finding.problem].subtract(_keys(finding, new))
    kept = []
    for finding in news:
        had = places.get(finding.problem, Counter())
        shown = _places(finding, new)
        fresh = []
        for place in shown:
            key = _key(place, new)
            had[key] -= 1
            if had[key] < 0:
                fresh.append(place)
        if finding.id in known or len(fresh) == len(shown):
            kept.append(finding)
        elif fresh:
            kept.append(_at(fresh, finding))
    return kept


def _places(finding: Finding, project: Project) -> list[Location]:
    """Where a finding shows. One that has places below the head of its function shows there alone."""
    places = [finding.location, *finding.places]
    heads = ("def ", "async def ", "@")
    return [place for place in places if not _code(place, project).startswith(heads)] or places


def _keys(finding: Finding, project: Project) -> list[_Key]:
    return [_key(place, project) for place in _places(finding, project)]


def _at_the_new_place(finding: Finding, same: Finding, old: Project, new: Project) -> Finding:
    places = (finding.location, *finding.places)
    had = Counter(_key(place, old) for place in (same.location, *same.places))
    fresh = []
    for place in places:
        key = _key(place, new)
        had[key] -= 1
        if had[key] < 0:
            fresh.append(place)
    return _at(fresh or places, finding)


def _at(places: Sequence[Location], finding: Finding) -> Finding:
    """A finding at those of its places that are new."""
    first, *others = places
    return msgspec.structs.replace(
        finding,
        message=f"one more place of what was there before: {finding.message}",
        location=first,
        places=tuple(others),
    )


def _key(place: Location, project: Project) -> _Key:
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
