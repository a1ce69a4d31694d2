"""Requests that asked for embeddings again and again at one place."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import msgspec

from pitstop.data import Finding
from pitstop.problems.exchanges import site_of, told_at
from pitstop.problems.llm.embedding_one_by_one.rule import find
from pitstop.problems.measured import covers
from pitstop.problems.prompts import is_embedding, repeated

if TYPE_CHECKING:
    from pitstop.project import Project
    from pitstop.traces.store import Traces

_FEWEST = 3
_TOKENS = 512
"""As many as a piece of a document commonly has that is embedded by itself. More in one request may be many texts."""


def detect(traces: Traces, project: Project) -> Iterator[Finding]:
    """The findings of the rule that were measured, and places in loops that only measuring shows."""
    known = list(find(project))
    told: set[str] = set()
    for group in repeated(traces, is_embedding, _FEWEST):
        evidence = (group.evidence("embeddings were asked for one by one"),)
        read = next(
            (f for f in known if any(covers(place, group.frames) for place in (f.location, *f.places))), None
        )
        place = site_of(project, group.frames, in_loop=True)
        if read is not None:
            finding = msgspec.structs.replace(read, evidence=evidence, confidence="certain")
        elif place is not None and group.tokens is not None and group.tokens <= _TOKENS * group.most:
            finding = told_at(
                *place,
                problem="embedding-one-by-one",
                domain="llm",
                severity="medium",
                message=f"`{place[0].name}` asks for one embedding on each turn: one request takes many texts",
                evidence=evidence,
            )
        else:
            continue
        if finding.id not in told:
            told.add(finding.id)
            yield finding
