"""Blocking calls standing in the body of a coroutine that runs within requests."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from pitstop.data import Confidence, Finding, Severity, SourceEvidence
from pitstop.problems.async_.blocking_call_in_async.about import about
from pitstop.problems.findings import at_head, make, merge_places, path_of, route_names
from pitstop.project.blocking import SOON, BlockingCall, is_session, may_lose_its_async, mixes_session
from pitstop.project.calls import Step
from pitstop.project.doubt import weigh

if TYPE_CHECKING:
    from pitstop.project import Project
    from pitstop.project.calls import Reach
    from pitstop.project.model import FunctionInfo


_TOGETHER = {"Session.": "sync session", "Query.": "sync session", "smtplib.": "smtplib", "shutil.": "shutil"}
"""Calls that come one after the other, and move to a thread together: one finding for a function."""
_CLIENTS = {"cache", "database", "http", "llm"}
"""Categories of clients whose calls in one function are one conversation with one server, if not by plain requests."""
_PLAIN = {"httpx", "requests", "sqlite3", "urllib", "urllib3"}


def find(project: Project) -> list[Finding]:
    """One finding for each blocking call; all statements of one synchronous session in one function are one."""
    return merge_places(_find(project))


def _find(project: Project) -> Iterator[Finding]:
    for function in project.functions:
        if not function.is_async or project.jobs.on_loop(function) is None:
            continue
        for call in project.blocking.direct(function):
            reach = project.jobs.on_loop(function, call.site)
            if reach is None or (call.category in SOON and not reach.routes):
                # Worth a word where requests are known to wait for it.
                continue
            if not (is_session(call) and function.qualname in project.blocking.session_users):
                yield finding(function, reach, call)


def finding(function: FunctionInfo, reach: Reach, call: BlockingCall) -> Finding:
    """The finding for one blocking call in a coroutine."""
    kind = about(call.category)
    confidence: Confidence = "certain"
    severity: Severity = "high"
    if call.category == "file":
        # A few kilobytes from a warm disk are read faster than a thread is found for it.
        # Within one file system `move` renames.
        is_tree = call.name.startswith("shutil.") and call.name != "shutil.move"
        confidence = "likely" if call.site.loops or is_tree else "possible"
        severity = "medium" if call.site.loops else "low"
    elif call.name.startswith("sqlite3."):
        # A database in a file of the same machine answers like a file.
        confidence, severity = ("likely", "medium") if call.site.loops else ("possible", "low")
    elif call.category == "cache":
        severity = "medium"
    confidence, severity, why = weigh(reach, (Step(function, call.site),), confidence, severity, seldom=True)
    shown = f"`{call.name.removeprefix('builtins.')}`"
    found = make(
        problem="blocking-call-in-async",
        domain="async",
        severity=severity,
        confidence=confidence,
        message=f"{shown} {kind.verb} in `async def {function.name}`: every other request waits for it",
        module=function.module,
        owner=function.qualname,
        node=call.site.node,
        code=_together(call),
        routes=route_names(reach),
        call_path=path_of(reach),
        evidence=(
            SourceEvidence(
                text=f"{shown} {kind.verb}; the coroutine runs on the event loop"
                + (f" (`{call.twin}` would let go of it)" if call.twin else "")
                + (f"; but {why}" if why else ""),
                locations=(function.at(call.site.node),),
            ),
        ),
        impact=kind.impact,
        fix_class="decide" if mixes_session(function, call) else "proved",
    )
    return at_head(found, function) if may_lose_its_async(function, reach, call) else found


def _together(call: BlockingCall) -> str | None:
    """What makes calls of one function one finding; None where each is one of its own."""
    told = next((code for start, code in _TOGETHER.items() if call.name.startswith(start)), None)
    library = call.name.partition(".")[0]
    return told or (library if call.category in _CLIENTS and library not in _PLAIN else None)
