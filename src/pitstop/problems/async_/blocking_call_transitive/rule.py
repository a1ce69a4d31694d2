"""Synchronous functions called on the event loop that lead to a blocking call, however deep."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import msgspec

from pitstop.data import Finding, Impact, SourceEvidence
from pitstop.problems.async_.blocking_call_transitive.wrapped import Wrapped, wrapped_in
from pitstop.problems.findings import at_head, head_of, make, merge_places, path_of, route_names
from pitstop.project.blocking import SOON, leads_on, may_lose_its_async, mixes_session, needs_no_loop
from pitstop.project.calls import Step
from pitstop.project.doubt import ANOTHER, weigh
from pitstop.project.edges import Edge

if TYPE_CHECKING:
    from pitstop.project import Project
    from pitstop.project.blocking import BlockingCall
    from pitstop.project.calls import Reach
    from pitstop.project.model import FunctionInfo

_FREED = Impact(
    text="requests served at once",
    expected=(6.0, 20.0),
    source="20 ms blocking call in async def, 32 clients, moved to a thread: pitstop's own measurement (FastAPI 0.16x, two cores)",
)
_COMPUTED = Impact(
    text="latency of all other requests",
    expected=(1.0, 2.3),
    source="bcrypt at cost 12 in async def moved to a thread: p99 of others 865 to 370 ms, throughput the same; pitstop's own measurement",
)
_IMPACTS = {
    "cpu": _COMPUTED,
    "cache": Impact(text="as long as the cache takes, for all requests at once"),
    "file": Impact(text="as long as the disk takes, for all requests at once"),
}
_WAITS_FOR = {
    "sleep": "the clock",
    "http": "another server",
    "network": "another server",
    "llm": "a language model",
    "cache": "the cache",
    "subprocess": "another process",
    "database": "the database",
    "file": "the disk",
}


def find(project: Project) -> list[Finding]:
    """One finding for each call that leaves a coroutine towards a blocking call."""
    wrapped = (_wrapped_finding(each) for each in wrapped_in(project))
    return merge_places((*_find(project), *wrapped))


def _find(project: Project) -> Iterator[Finding]:
    for function in project.functions:
        if not function.is_async or project.jobs.on_loop(function) is None:
            continue
        found: dict[int, tuple[Edge, Reach, tuple[Step, ...], BlockingCall]] = {}
        for edge in project.calls.edges(function):
            reach = project.jobs.on_loop(function, edge.site) if leads_on(edge) else None
            if reach is None or id(edge.site.node) in project.parsed.found:
                # A file that need not be read for a request is `settings-built-per-request`, and no thread helps it.
                continue
            sessions = function.qualname not in project.blocking.session_users
            by = Step(function, edge.site)
            below = project.blocking.below(edge.target, by, reach.facts, sessions=sessions)
            if below is None or (below[1].category in SOON and not reach.routes):
                # A file or a cache is worth a word where requests are known to wait for it.
                continue
            # Of several implementations of one call one stands for all: the first that waits for more than a file.
            known = found.get(id(edge.site.node))
            if known is None or (known[-1].category in SOON and below[1].category not in SOON):
                found[id(edge.site.node)] = (edge, reach, *below)
        waiting = sum(sink.category not in SOON for *_, sink in found.values())
        for edge, reach, steps, sink in found.values():
            # A handler that does nothing but block need not be a coroutine: that is one finding, whatever it waits for.
            whole = may_lose_its_async(function, reach, sink) or (
                waiting > 1 and sink.category not in SOON and needs_no_loop(function, reach)
            )
            yield _finding(project, function, reach, edge, steps, sink, whole=whole)


def _finding(
    project: Project,
    function: FunctionInfo,
    reach: Reach,
    edge: Edge,
    steps: tuple[Step, ...],
    sink: BlockingCall,
    *,
    whole: bool,
) -> Finding:
    """The finding for the call in the coroutine, with the way down to what blocks; for the `whole` coroutine at its `def`."""
    shown = sink.name.removeprefix("builtins.")
    way = " → ".join([*(step.function.name for step in steps), f"`{shown}`"])
    waits = f"waits for {_WAITS_FOR[sink.category]}" if sink.category in _WAITS_FOR else "computes for long"
    # A database in a file of the same machine answers like a file.
    is_file = sink.category == "file" or sink.name.startswith("sqlite3.")
    spared = any(project.blocking.may_be_spared(step) for step in (Step(function, edge.site), *steps))
    doubts = [ANOTHER] if spared else []
    if is_file and not sink.site.loops:
        doubts.append("a small file is read as fast as a thread is found for it")
    confidence, severity, why = weigh(
        reach,
        (Step(function, edge.site), *steps),
        "likely",
        "medium" if sink.category in SOON else "high",
        doubts=doubts,
        seldom=True,
    )
    found = make(
        problem="blocking-call-transitive",
        domain="async",
        severity=severity,
        confidence=confidence,
        message=f"`async def {function.name}` calls {way}, which {waits} on the event loop",
        module=function.module,
        owner=function.qualname,
        node=edge.site.node,
        # What blocks is the identity: many ways may lead there, and one repair serves them all.
        identity=(function.qualname, "needs no loop")
        if whole
        else (sink.function.qualname, sink.function.module.text(sink.site.node)),
        routes=route_names(reach),
        call_path=path_of(reach, (Step(function, edge.site), *steps)),
        evidence=(
            SourceEvidence(
                text=f"{way}: no `await` and no thread on the way" + (f"; but {why}" if why else ""),
                locations=tuple(step.location for step in steps),
            ),
        ),
        impact=_IMPACTS.get(sink.category, _FREED),
        fix_class="decide" if mixes_session(function, sink) else "proved",
    )
    return at_head(found, function) if whole else found


def _wrapped_finding(wrapped: Wrapped) -> Finding:
    """The finding for a coroutine that stands for plain functions: one for all of them, for one repair serves all."""
    blocking = sorted(wrapped.blocking.values(), key=lambda each: not each[1].routes[0].mounted)
    function, reach, steps, sink = blocking[0]
    start = Step(wrapped.wrapper, wrapped.site)
    confidence, severity, why = weigh(reach, (start, *steps), "likely", "high")
    way = " → ".join([*(step.function.name for step in steps), f"`{sink.name.removeprefix('builtins.')}`"])
    others = f", and so do {len(blocking) - 1} more" if len(blocking) > 1 else ""
    waits = (
        f"which waits for {_WAITS_FOR[sink.category]}"
        if sink.category in _WAITS_FOR
        else "which computes for long"
    )
    return msgspec.structs.replace(
        make(
            problem="blocking-call-transitive",
            domain="async",
            severity=severity,
            confidence=confidence,
            message=f"`async def {wrapped.wrapper.name}` runs the plain functions it decorates on the event loop: {way}, {waits}{others}",
            module=wrapped.wrapper.module,
            owner=wrapped.wrapper.qualname,
            node=wrapped.site.node,
            routes=[name for _, each, *_ in blocking for name in route_names(each)],
            call_path=path_of(reach, (start, *steps)),
            evidence=(
                SourceEvidence(
                    text=f"FastAPI runs `{function.name}` in a thread if it is registered as it is; behind a coroutine it is called directly: {way}"
                    + (f"; but {why}" if why else ""),
                    locations=tuple(step.location for step in (start, *steps)),
                ),
            ),
            impact=_FREED,
            fix_class="proved",
        ),
        places=tuple(head_of(each) for each, *_ in blocking),
    )
