"""Requests for a page that spent much of their time on counting what there is."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from pitstop.data import Finding, Impact
from pitstop.problems.exchanges import site_of
from pitstop.problems.findings import make, merge_places
from pitstop.problems.measured import Group, confirmed
from pitstop.problems.timelines import Span, Timeline, timelines

if TYPE_CHECKING:
    from pitstop.project import Project
    from pitstop.traces.records import Frame
    from pitstop.traces.store import Traces

_DEAR_MS = 10.0
"""As long as FastAPI takes for a page of some hundred rows, without the database."""
_REQUESTS = 2
"""One slow moment may be that of a busy machine."""
_COUNTS = re.compile(r"^\s*SELECT\s+count\s*\(", re.IGNORECASE)
_PAGE = re.compile(r"\bLIMIT\b|\bFETCH\s+(?:FIRST|NEXT)\b", re.IGNORECASE)
_TABLE = re.compile(
    r"\b(?:FROM|JOIN)\s+((?:[\w$]+|\"[^\"]+\"|`[^`]+`)(?:\.(?:[\w$]+|\"[^\"]+\"|`[^`]+`))*)", re.IGNORECASE
)
_SAID = (
    "{route} counted the rows {count} times {within} and took {ms} ms for it, longer than for the page itself"
)
_IMPACT = Impact(text="the page costs what its own rows cost, however many there are")


def detect(traces: Traces, project: Project) -> Iterator[Finding]:
    """One finding for each place that counted for 10 ms and more in two requests, and longer than it took to read the page of the same tables."""
    groups: dict[tuple[str, tuple[Frame, ...], int], Group] = {}
    for timeline in timelines(traces, "count(*) FILTER (fingerprint_id > 0) > 1"):
        counted: dict[tuple[str, tuple[Frame, ...], int], list[Span]] = {}
        for span in _counts(timeline):
            counted.setdefault((timeline.route, span.frames, span.shape), []).append(span)
        for key, spans in counted.items():
            group = groups.setdefault(key, Group(timeline.route, key[1], spans[0].text))
            group.counts.append(len(spans))
            group.nanoseconds.append(sum(span.end - span.start for span in spans))
    often = (group for group in groups.values() if len(group.counts) >= _REQUESTS)
    yield from merge_places(found for group in often for found in _told(project, group))


def _counts(timeline: Timeline) -> Iterator[Span]:
    """The counts of a request that took longer than a page of the same tables which it read too."""
    read = [
        span for span in timeline.spans if span.kind == "statement" and span.operation in ("SELECT", "WITH")
    ]
    pages = [(span, _tables(span.text)) for span in read if _PAGE.search(span.text) and span.rows]
    for span in read:
        if _COUNTS.match(span.text) and not _PAGE.search(span.text) and span.ms >= _DEAR_MS:
            tables = _tables(span.text)
            if any(tables and tables <= of_page and span.ms > page.ms for page, of_page in pages):
                yield span


def _tables(sql: str) -> set[str]:
    return {name.replace('"', "").replace("`", "").lower() for name in _TABLE.findall(sql)}


def _told(project: Project, group: Group) -> Iterator[Finding]:
    place = site_of(project, group.frames)
    if place is None:
        return
    function, site = place
    finding = make(
        problem="count-per-page",
        domain="database",
        severity="medium",
        confidence="certain",
        message=f"`{function.name}` counts all rows for each page: {group.worst_ms:.0f} ms, and more with each row that comes",
        module=function.module,
        owner=function.qualname,
        node=site.node,
        routes=(group.route,),
        impact=_IMPACT,
        fix_class="decide",
    )
    yield from confirmed(finding, (group,), "counts", _SAID)
