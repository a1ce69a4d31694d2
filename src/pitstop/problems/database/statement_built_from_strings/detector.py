"""Statements from one place whose texts differ only in the values that are written into them."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cache
from typing import TYPE_CHECKING

from pitstop.data import Finding, Impact, TraceEvidence
from pitstop.problems.exchanges import requests, site_of, told_at
from pitstop.problems.findings import merge_places
from pitstop.traces.fingerprint import collapse, values_in

if TYPE_CHECKING:
    from pitstop.project import Project
    from pitstop.project.model import FunctionInfo
    from pitstop.project.sites import Site
    from pitstop.traces.records import Frame
    from pitstop.traces.store import Traces

_FEWEST = 5
"""Two or three texts may be the branches of a function, each with constants of its own."""
_TOLD = frozenset({"SELECT", "WITH", "UPDATE", "DELETE"})
"""Of rows that are inserted in bulk a driver itself writes the values into the text: `execute_values` of psycopg2."""
_WORDS = r"\b(?:select|update|delete|from|where|and|or|in|like|limit|offset|set|between|order\s+by)\b"
_IN_F_STRING = re.compile(
    rf"""\b[rR]?[fF][rR]?("{{3}}|'{{3}}|"|')(?:(?!\1).)*?{_WORDS}""", re.IGNORECASE | re.DOTALL
)
_PUT_TOGETHER = re.compile(
    rf"""("{{3}}|'{{3}}|"|')(?:(?!\1).)*?{_WORDS}(?:(?!\1).)*\1\s*(?:%|\+|\.format\()""",
    re.IGNORECASE | re.DOTALL,
)
_IMPACT = Impact(
    text="the database and the driver know the statement again, and no value can become part of it"
)


@dataclass
class _Sent:
    """The statements of one shape that came from one line."""

    frames: tuple[Frame, ...]
    texts: dict[str, set[tuple[str, ...]]] = field(default_factory=lambda: defaultdict(set))
    """By route, the values written into them."""
    slowest_ms: float = 0.0


def detect(traces: Traces, project: Project) -> Iterator[Finding]:
    """One finding for each call that sent at least five texts of one statement, where a function on its way puts SQL together."""
    yield from merge_places(_find(traces, project))


def _find(traces: Traces, project: Project) -> Iterator[Finding]:
    read = cache(lambda sql: (collapse(sql), values_in(sql)))
    sent: dict[tuple[Frame, str], _Sent] = {}
    for request in requests(traces):
        for statement in request.exchange.statements:
            frames = request.frames(statement.stack)
            if statement.operation not in _TOLD or not frames:
                continue
            shape, values = read(statement.sql)
            if values:
                each = sent.setdefault((frames[0], shape), _Sent(frames))
                each.texts[request.exchange.endpoint].add(values)
                each.slowest_ms = max(each.slowest_ms, statement.duration_ns / 1e6)
    for (_, shape), each in sent.items():
        place = _place(project, each.frames) if len(set().union(*each.texts.values())) >= _FEWEST else None
        if place is not None:
            yield _finding(*place, shape, each)


def _place(project: Project, frames: tuple[Frame, ...]) -> tuple[FunctionInfo, Site] | None:
    """The innermost function of the stack that puts SQL together, at the call through which it is sent."""
    for frame in frames:
        place = site_of(project, (frame,))
        if place is not None:
            text = place[0].module.text(place[0].node)
            if _IN_F_STRING.search(text) or _PUT_TOGETHER.search(text):
                return place
    return None


def _finding(function: FunctionInfo, site: Site, shape: str, sent: _Sent) -> Finding:
    return told_at(
        function,
        site,
        problem="statement-built-from-strings",
        domain="database",
        severity="high",
        message=f"`{function.name}` writes values into the text of its SQL: each is a statement of its own to the database, and a value "
        "that a caller chooses can become part of it",
        evidence=tuple(
            TraceEvidence(
                text=f"{route} sent {len(values)} texts of this statement that differ only in the values written into them",
                figures={"texts": float(len(values)), "duration_ms": round(sent.slowest_ms, 3)},
                statement=shape,
                route=route,
            )
            for route, values in sent.texts.items()
        ),
        impact=_IMPACT,
        fix_class="proved",
    )
