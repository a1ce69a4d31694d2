"""Loops over data that ask a language model on each turn, and wait for the answer before the next."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from pitstop.data import Finding
from pitstop.problems.exchanges import site_of, told_at
from pitstop.problems.prompts import is_embedding, one_after_another, repeated, tokens_of
from pitstop.project.facts import Attr, Call, Comp, For, Name

if TYPE_CHECKING:
    from pitstop.project import Project
    from pitstop.project.facts import Expr
    from pitstop.project.sites import Loop
    from pitstop.traces.records import OutboundCall
    from pitstop.traces.store import Traces

_FEWEST = 3
_COUNTING = frozenset({"range", "count", "attempts", "Retrying", "AsyncRetrying"})


def detect(traces: Traces, project: Project) -> Iterator[Finding]:
    """One finding for each such loop."""
    told: set[str] = set()
    for group in repeated(traces, _asks, _FEWEST):
        place = site_of(project, group.frames, in_loop=True)
        calls = group.worst
        if place is None or not _goes_over_data(place[1].loops[-1]) or not one_after_another(calls):
            continue
        # What failed is asked again, and then it is the same; answers of errors tell no tokens.
        if (
            len({call.llm.prompt for call in calls if call.llm is not None}) < _FEWEST
            or tokens_of(calls) is None
        ):
            continue
        function, site = place
        finding = told_at(
            function,
            site,
            problem="llm-call-in-loop",
            domain="llm",
            severity="medium",
            # Whether a turn needs the answer of the one before, the order of the calls does not show.
            confidence="likely",
            message=f"`{function.name}` asks a language model on each turn of a loop and waits for each answer: {group.most} in one request",
            evidence=(group.evidence("calls were sent to a language model one after the other"),),
        )
        if finding.id not in told:
            told.add(finding.id)
            yield finding


def _asks(call: OutboundCall) -> bool:
    return not is_embedding(call)


def _goes_over_data(loop: Loop) -> bool:
    """Whether a loop has one turn for each of something: not one that counts, tries again or goes on until it is done, as agents do."""
    if isinstance(loop, Comp):
        return True
    return isinstance(loop, For) and _last(loop.iter) not in _COUNTING


def _last(expr: Expr) -> str:
    called = expr.func if isinstance(expr, Call) else expr
    return called.attr if isinstance(called, Attr) else called.id if isinstance(called, Name) else ""
