"""Calls to a language model within one request that send the same long text, and need nothing of each other's answers."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from typing import TYPE_CHECKING

from pitstop.data import Confidence, Finding, TraceEvidence
from pitstop.problems.exchanges import Request, requests, told_at
from pitstop.problems.prompts import is_embedding, tokens_of
from pitstop.project.facts import Name, children, expressions

if TYPE_CHECKING:
    from pitstop.project import Project
    from pitstop.project.facts import Expr, Statement
    from pitstop.project.model import FunctionInfo
    from pitstop.project.sites import Site
    from pitstop.traces.records import Frame, OutboundCall
    from pitstop.traces.store import Traces

_LARGE = 2_000
"""Characters, of which four are about a token: less costs less than another question."""
_PER_TOKEN = 2
"""Characters of an answer for each of its tokens, at the least."""
_Parts = dict[str, int]


def detect(traces: Traces, project: Project) -> Iterator[Finding]:
    """One finding for each function that asks so."""
    asking = [(request, calls) for request in requests(traces) if len(calls := _questions(request)) > 1]
    everywhere, is_sure = _everywhere(asking)
    told: dict[str, Finding] = {}
    for request, calls in asking:
        for place, call in enumerate(calls):
            found = _about_the_same(project, request, call, calls[place + 1 :], everywhere)
            if found is None:
                continue
            function, site, others, characters = found
            finding = _finding(function, site, request, (call, *others), characters, is_sure)
            known = told.setdefault(finding.id, finding)
            if _calls(finding) > _calls(known):
                told[finding.id] = finding
            break
    yield from told.values()


def _questions(request: Request) -> tuple[OutboundCall, ...]:
    """The questions of a request that were answered, in order."""
    asked = (call for call in request.exchange.calls if call.llm is not None and not is_embedding(call))
    # Errors tell no tokens, and are asked again for a reason.
    answered = (call for call in asked if call.llm is not None and call.llm.input_tokens is not None)
    return tuple(sorted(answered, key=lambda call: call.start_ns))


def _everywhere(asking: list[tuple[Request, tuple[OutboundCall, ...]]]) -> tuple[set[str], bool]:
    """The parts that requests for different things send, which are instructions and no text of a request's; and whether there were such requests."""
    senders: dict[str, set[object]] = defaultdict(set)
    all_asked: set[object] = set()
    for request, calls in asking:
        exchange = request.exchange
        what = (exchange.method, exchange.path, exchange.query, exchange.request_body)
        all_asked.add(what)
        for call in calls:
            for part in _parts(call):
                senders[part].add(what)
    return {part for part, by in senders.items() if len(by) > 1}, len(all_asked) > 1


def _parts(call: OutboundCall) -> _Parts:
    return dict(call.llm.parts) if call.llm is not None else {}


def _about_the_same(
    project: Project,
    request: Request,
    call: OutboundCall,
    others: tuple[OutboundCall, ...],
    everywhere: set[str],
) -> tuple[FunctionInfo, Site, tuple[OutboundCall, ...], int] | None:
    """The function that asks, its first question, the later ones about the same text, and how long that is."""
    own = {part: length for part, length in _parts(call).items() if part not in everywhere}
    kept: list[OutboundCall] = []
    function: FunctionInfo | None = None
    first: Site | None = None
    shortest = sum(own.values())
    for other in others:
        characters = sum(length for part, length in own.items() if part in _parts(other))
        if characters < _LARGE or _continues(call, other):
            continue
        apart = _apart(project, request.frames(call.stack), request.frames(other.stack))
        if apart is None or not _is_independent(*apart):
            continue
        function, first, _ = apart
        kept.append(other)
        shortest = min(shortest, characters)
    return (function, first, tuple(kept), shortest) if function is not None and first is not None else None


def _continues(one: OutboundCall, other: OutboundCall) -> bool:
    """Whether a question holds an earlier one with its answer, as a conversation does that some object keeps."""
    if one.llm is None or other.llm is None or not one.llm.parts:
        return False
    # Its last part ends where the question did, and goes on in the conversation.
    held = {part for part, _ in one.llm.parts[:-1]} <= {part for part, _ in other.llm.parts}
    longer = sum(_parts(other).values()) - sum(_parts(one).values())
    return held and longer >= _PER_TOKEN * (one.llm.output_tokens or 1)


def _apart(
    project: Project, one: tuple[Frame, ...], other: tuple[Frame, ...]
) -> tuple[FunctionInfo, Site, Site] | None:
    """The function in which the ways to two calls part, with the call that each of them takes there; none that a loop repeats."""
    for before, after in zip(reversed(one), reversed(other), strict=False):
        if before == after:
            continue
        function = project.function_at(before.path, before.line)
        if function is None or function is not project.function_at(after.path, after.line):
            return None
        first, second = (_site(function, frame.line) for frame in (before, after))
        return (function, first, second) if first is not None and second is not None else None
    return None


def _site(function: FunctionInfo, line: int) -> Site | None:
    there = [site for site in function.calls if site.node.span[0] <= line <= site.node.span[2]]
    begins = [site for site in there if site.node.span[0] == line]
    found = max(begins or there, key=lambda site: (site.awaited, -site.node.span[1]), default=None)
    return found if found is not None and not found.loops else None


def _is_independent(function: FunctionInfo, one: Site, other: Site) -> bool:
    """Whether the second call is given nothing that may come of what the first one answered."""
    if one.node.span[0] > other.node.span[0] or any(node is one.node for node in _within(other.node)):
        return False
    after = _names(other.node)
    given: set[str] = set()
    for statement in function.statements:
        first, *_, last, _ = statement.span
        if last < one.node.span[0] or first > other.node.span[0]:
            continue
        names = _named(statement)
        if first <= one.node.span[0] <= last:
            if first <= other.node.span[0] <= last:
                continue
            given |= names - _names(one.node)
        elif given & names:
            given |= names
    return not given & after


def _named(statement: Statement) -> set[str]:
    found: set[str] = set()
    for expr in expressions(statement):
        found |= _names(expr)
    return found


def _names(expr: Expr) -> set[str]:
    return {node.id for node in _within(expr) if isinstance(node, Name)}


def _within(expr: Expr) -> Iterator[Expr]:
    todo = [expr]
    while todo:
        node = todo.pop()
        yield node
        todo.extend(children(node))


def _finding(
    function: FunctionInfo,
    site: Site,
    request: Request,
    calls: tuple[OutboundCall, ...],
    characters: int,
    is_sure: bool,
) -> Finding:
    route = request.exchange.endpoint
    took = sum(call.duration_ns for call in calls) / 1e6
    tokens = tokens_of(calls) or 0
    evidence = TraceEvidence(
        text=f"{len(calls)} questions in one request of {route} had the same {characters:,} characters in them, about {characters // 4:,} tokens: "
        f"{tokens:,} tokens sent, {took:.0f} ms",
        figures={
            "calls": float(len(calls)),
            "same_characters": float(characters),
            "input_tokens": float(tokens),
            "duration_ms": round(took, 3),
        },
        route=route,
    )
    # Of one request alone nobody can tell its text from instructions that all requests send.
    confidence: Confidence = "likely" if is_sure else "possible"
    return told_at(
        function,
        site,
        problem="llm-calls-on-same-text",
        domain="llm",
        severity="medium",
        confidence=confidence,
        message=f"`{function.name}` sends a language model the same text {len(calls)} times, each time with another question",
        evidence=(evidence,),
    )


def _calls(finding: Finding) -> float:
    return max(each.figures["calls"] for each in finding.evidence if isinstance(each, TraceEvidence))
