"""Prompts that are mostly the same text each time, put where the cache of the model's server cannot know it again."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from itertools import takewhile
from typing import TYPE_CHECKING

from pitstop.data import Finding, Option, TraceEvidence
from pitstop.problems.exchanges import Request, site_of, told_at
from pitstop.problems.prompts import by_place, is_embedding

if TYPE_CHECKING:
    from pitstop.project import Project
    from pitstop.traces.records import Frame, LanguageModel, OutboundCall
    from pitstop.traces.store import Traces

_PROMPTS = 3
"""As many different ones show what of them is the same."""
_LARGE = 8_192
"""Characters, of which four are about a token: OpenAI's and Anthropic's caches keep beginnings of 1,024 tokens and more, and this is twice as much."""
_SHARE = 0.5
_OPTIONS = (
    Option(
        name="order",
        text="put what is always the same first and what differs last: servers know a prompt again by its beginning; "
        "Anthropic's wants `cache_control` at the end of what it may keep",
    ),
    Option(
        name="less text",
        text="send only the instructions and examples that this question needs",
    ),
)


def detect(traces: Traces, project: Project) -> Iterator[Finding]:
    """One finding for each place that sends such prompts."""
    told: set[str] = set()
    for (route, frames), sent in _prompts(traces).items():
        evidence = _evidence(route, [llm for _, llm in sent], sent[0][0])
        place = site_of(project, frames) if evidence is not None else None
        if evidence is not None and place is not None:
            function, site = place
            finding = told_at(
                function,
                site,
                problem="llm-prompt-bloat",
                domain="llm",
                severity="medium",
                # A gateway on the way may put prompts together otherwise.
                confidence="likely",
                message=f"`{function.name}` pays for the same long text with each prompt, for it stands where no cache spares it",
                evidence=(evidence,),
                options=_OPTIONS,
            )
            if finding.id not in told:
                told.add(finding.id)
                yield finding


def _prompts(
    traces: Traces,
) -> dict[tuple[str, tuple[Frame, ...]], list[tuple[OutboundCall, LanguageModel]]]:
    """By route and place the first call of each request that asked for something else, and asked the model something else too."""
    found: dict[tuple[str, tuple[Frame, ...]], list[tuple[OutboundCall, LanguageModel]]] = defaultdict(list)
    known: set[object] = set()
    for request, frames, (call, *_) in by_place(traces):
        if call.llm is None or is_embedding(call):
            continue
        route = request.exchange.endpoint
        news = [(route, frames, _asked(request)), (route, frames, call.llm.prompt)]
        if not known.intersection(news):
            known.update(news)
            found[route, frames].append((call, call.llm))
    return found


def _asked(request: Request) -> object:
    exchange = request.exchange
    return exchange.method, exchange.path, exchange.query, exchange.request_body


def _evidence(route: str, prompts: Sequence[LanguageModel], call: OutboundCall) -> TraceEvidence | None:
    if len(prompts) < _PROMPTS or any(llm.cached_tokens for llm in prompts):
        return None
    shared = set[tuple[str, int]].intersection(*(set(llm.parts) for llm in prompts))
    same = min(_characters(part for part in llm.parts if part in shared) for llm in prompts)
    longest = max(_characters(llm.parts) for llm in prompts)
    alike = takewhile(lambda parts: len(set(parts)) == 1, zip(*(llm.parts for llm in prompts), strict=False))
    beginning = _characters(parts[0] for parts in alike)
    is_unmarked = call.url.endswith("/v1/messages") and not all(llm.is_marked for llm in prompts)
    if same - (0 if is_unmarked else beginning) < max(_LARGE, _SHARE * longest):
        return None
    why = (
        "nothing marked it as what the server may keep"
        if is_unmarked
        else f"they are alike only for their first {beginning:,} characters"
    )
    return TraceEvidence(
        text=f"{len(prompts)} different prompts of {route} had the same {same:,} characters of {longest:,} at most in them, "
        f"about {same // 4:,} tokens, and {why}",
        figures={
            "prompts": float(len(prompts)),
            "same_characters": float(same),
            "characters": float(longest),
        },
        route=route,
    )


def _characters(parts: Iterable[tuple[str, int]]) -> int:
    return sum(length for _, length in parts)
