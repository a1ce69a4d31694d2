"""Prompts that were sent, and answered, more than once: within one request, or by requests that asked for different things."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from typing import TYPE_CHECKING

from pitstop.data import Finding, TraceEvidence
from pitstop.problems.exchanges import Request, requests, site_of, told_at
from pitstop.problems.prompts import one_after_another, tokens_of

if TYPE_CHECKING:
    from pitstop.project import Project
    from pitstop.traces.records import LanguageModel, OutboundCall
    from pitstop.traces.store import Traces

_REQUESTS = 3
_Call = tuple[Request, "OutboundCall"]


def detect(traces: Traces, project: Project) -> Iterator[Finding]:
    """One finding for each place that asks what was answered before."""
    told: set[str] = set()
    for calls in _same(traces):
        evidence = _within_one(calls) or _over_many(calls)
        last = calls[-1]
        place = site_of(project, last[0].frames(last[1].stack)) if evidence is not None else None
        if evidence is not None and place is not None:
            function, site = place
            finding = told_at(
                function,
                site,
                problem="llm-repeat-uncached",
                domain="llm",
                severity="medium",
                confidence="likely",
                message=f"`{function.name}` asks a language model what it has answered before",
                evidence=(evidence,),
            )
            if finding.id not in told:
                told.add(finding.id)
                yield finding


def _same(traces: Traces) -> Iterator[list[_Call]]:
    """Calls that sent the same prompt to the same model and were answered, of one test where tests were run."""
    found: dict[object, list[_Call]] = defaultdict(list)
    for request in requests(traces):
        for call in sorted(request.exchange.calls, key=lambda call: call.start_ns):
            if call.llm is not None and _was_answered(call.llm):
                key = (id(request.run), request.exchange.test, call.url, call.llm.model, call.llm.prompt)
                found[key].append((request, call))
    yield from (calls for calls in found.values() if len(calls) > 1)


def _was_answered(llm: LanguageModel) -> bool:
    # Errors, which are asked again for a reason, tell no tokens.
    return llm.input_tokens is not None


def _within_one(calls: list[_Call]) -> TraceEvidence | None:
    by_request: dict[int, list[_Call]] = defaultdict(list)
    for request, call in calls:
        by_request[request.position].append((request, call))
    most = max(by_request.values(), key=len)
    sent = tuple(call for _, call in most)
    # Several at once are drawn from one prompt on purpose.
    if len(most) < 2 or not one_after_another(sent):
        return None
    return _evidence(
        most, f"one request of {most[0][0].exchange.endpoint} sent the same prompt {len(most)} times"
    )


def _over_many(calls: list[_Call]) -> TraceEvidence | None:
    asked = {
        (exchange.method, exchange.path, exchange.query, exchange.request_body)
        for exchange in (request.exchange for request, _ in calls)
    }
    if len(asked) < _REQUESTS:
        return None
    return _evidence(calls, f"{len(asked)} requests that asked for different things sent the same prompt")


def _evidence(calls: list[_Call], said: str) -> TraceEvidence:
    again = tuple(call for _, call in calls[1:])
    tokens, took = tokens_of(again) or 0, sum(call.duration_ns for call in again) / 1e6
    return TraceEvidence(
        text=f"{said}: {tokens:,} tokens and {took:.0f} ms for what had been answered",
        figures={"calls": float(len(calls)), "input_tokens": float(tokens), "duration_ms": round(took, 3)},
        route=calls[0][0].exchange.endpoint,
    )
