"""Answers that hold a language model's text as it came, for the end of which callers waited."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import msgspec

from pitstop.data import Finding, Option, TraceEvidence
from pitstop.problems.exchanges import Request, requests, site_of, told_at

if TYPE_CHECKING:
    from pitstop.project import Project
    from pitstop.traces.records import OutboundCall
    from pitstop.traces.store import Traces

_LONG_NS = 1_000_000_000
"""After so long people's thoughts leave what they wait for (Nielsen, "Response Times: The 3 Important Limits")."""
_SHARE = 0.5
_TEXT = 400
"""Characters that take a person a quarter of a minute to read (250 words a minute): time in which the rest may come."""
_OPTIONS = (
    Option(
        name="stream",
        text="ask with `stream=True` and answer with a `StreamingResponse` or server-sent events that pass on each part",
    ),
    Option(
        name="task",
        text="answer at once with an id, and let the caller ask for the text when it is there",
    ),
)


def detect(traces: Traces, project: Project) -> Iterator[Finding]:
    """One finding for each place that waits for such a text."""
    slowest: dict[str, tuple[Finding, OutboundCall]] = {}
    for request, call in _waited_for(traces):
        place = site_of(project, request.frames(call.stack))
        if place is None:
            continue
        function, site = place
        finding = told_at(
            function,
            site,
            problem="llm-not-streamed",
            domain="llm",
            severity="medium",
            # Whether a person or a machine waits for it is not recorded.
            confidence="likely",
            message=f"`{function.name}` waits for the whole text of a language model, which callers then get as it is",
            evidence=(_evidence(request, call),),
            options=_OPTIONS,
        )
        known = slowest.get(finding.id)
        if known is None or call.duration_ns > known[1].duration_ns:
            slowest[finding.id] = (finding, call)
    yield from (finding for finding, _ in slowest.values())


def _waited_for(traces: Traces) -> Iterator[tuple[Request, OutboundCall]]:
    for request in requests(traces):
        exchange = request.exchange
        for call in exchange.calls if exchange.status == 200 else ():
            is_long = call.duration_ns >= max(_LONG_NS, _SHARE * exchange.duration_ns)
            if is_long and call.llm is not None and call.llm.answer and call.llm.answer in _texts(request):
                yield request, call


def _texts(request: Request) -> set[str]:
    """Hashes of the long texts that a request was answered with, made as the probe makes those of a model's."""
    body = request.body() or b""
    is_json = "json" in request.answered("content-type")
    try:
        texts = _strings(msgspec.json.decode(body)) if is_json else iter([body.decode("utf-8", "replace")])
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        return set()
    long = [text.strip() for text in texts if len(text.strip()) >= _TEXT]
    return {hashlib.blake2b(text.encode(), digest_size=8).hexdigest() for text in long}


def _strings(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, (list, dict)):
        for each in value.values() if isinstance(value, dict) else value:
            yield from _strings(each)


def _evidence(request: Request, call: OutboundCall) -> TraceEvidence:
    ms, whole = call.duration_ns / 1e6, request.exchange.duration_ns / 1e6
    return TraceEvidence(
        text=f"`{request.asked}` waited {ms:,.0f} ms of {whole:,.0f} ms for a text and was then answered with it",
        figures={"duration_ms": round(ms, 3), "request_ms": round(whole, 3)},
        route=request.exchange.endpoint,
    )
