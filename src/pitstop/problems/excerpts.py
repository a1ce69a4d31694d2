"""The code around findings, for reports that show it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from pitstop.data import Finding, Location
from pitstop.pictures import Excerpt

if TYPE_CHECKING:
    from pitstop.project import Project

_AROUND = 3
_LONGEST = 40
"""Lines; a class or a long statement is shown from its beginning."""


def excerpts(findings: Iterable[Finding], project: Project) -> Iterator[Excerpt]:
    """The lines of each finding and of each step of its call path with a few around them, each place once, in the order of the findings.

    Files that are no Python are left out, and what lies outside of the project.
    """
    seen: set[tuple[str, int]] = set()
    texts: dict[str, list[str]] = {}
    for finding in findings:
        for place in (finding.location, *finding.call_path):
            module = project.index.by_path.get(place.path)
            if module is None or (place.path, place.line) in seen:
                continue
            seen.add((place.path, place.line))
            first, last = _span(place)
            if place.path not in texts:
                texts[place.path] = module.source.text.splitlines()
            lines = texts[place.path][first - 1 : last]
            if lines:
                yield Excerpt(path=place.path, line=first, text="\n".join(lines))


def _span(place: Location) -> tuple[int, int]:
    end = min(max(place.end_line, place.line), place.line + _LONGEST)
    return max(1, place.line - _AROUND), end + _AROUND
