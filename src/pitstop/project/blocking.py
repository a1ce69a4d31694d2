"""Calls that hold their thread: by the table of libraries, and statements sent through synchronous sessions."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass

from pitstop.project.calls import Calls, Step, is_memoised
from pitstop.project.facts import Await, Call, Const
from pitstop.project.model import FunctionInfo, Site
from pitstop.project.queries import Queries

_NOTICED = 0.005
"""Seconds: a shorter sleep delays other requests less than serving them does."""


@dataclass(frozen=True, slots=True)
class BlockingCall:
    """One call that blocks its thread until somebody else is done: a clock, a disk, a server."""

    function: FunctionInfo
    site: Site
    name: str
    category: str
    """sleep, http, subprocess, network, database, file."""
    twin: str = ""


class Blocking:
    """Blocking calls in functions, and below them."""

    def __init__(self, calls: Calls, queries: Queries) -> None:
        self._calls = calls
        self._queries = queries
        self._below: dict[str, tuple[tuple[Step, ...], BlockingCall] | None] = {}

    def direct(self, function: FunctionInfo) -> tuple[BlockingCall, ...]:
        """The blocking calls that a function makes itself, in the order of the text."""
        found = [
            BlockingCall(function, sink.site, sink.name, sink.known.category, sink.known.twin)
            for sink in self._calls.sinks(function)
            if sink.known.kind == "blocks" and not sink.site.awaited and not _sleeps_for_nothing(sink.site)
        ]
        known = {id(call.site.node) for call in found}
        found.extend(
            BlockingCall(function, query.site, f"Session.{query.method}", "database")
            for query in self._queries.direct(function)
            if not query.is_async and not query.site.awaited and id(query.site.node) not in known
        )
        return tuple(sorted(found, key=lambda call: call.site.node.at))

    def below(self, function: FunctionInfo) -> tuple[tuple[Step, ...], BlockingCall] | None:
        """The shortest way, through plain calls, from a synchronous function to a blocking call; the call is its end.

        Functions that remember their result are not entered: what they do happens once, not on each request.
        """
        if is_memoised(function):
            return None
        if function.qualname not in self._below:
            # A file is soon read: what waits for a server is told first, however deep.
            found = self._search(function, files=False) or self._search(function, files=True)
            self._below[function.qualname] = found
        return self._below[function.qualname]

    def _search(self, function: FunctionInfo, *, files: bool) -> tuple[tuple[Step, ...], BlockingCall] | None:
        seen = {function.qualname}
        todo: deque[tuple[FunctionInfo, tuple[Step, ...]]] = deque([(function, ())])
        while todo:
            current, path = todo.popleft()
            for call in self.direct(current):
                if files or call.category != "file":
                    return (*path, Step(current, call.site)), call
            for edge in self._calls.edges(current):
                target = edge.target
                followed = (
                    edge.kind in {"call", "property"} and not edge.site.in_lambda and not is_memoised(target)
                )
                if followed and not target.is_async and not target.yields and target.qualname not in seen:
                    seen.add(target.qualname)
                    todo.append((target, (*path, Step(current, edge.site))))
        return None


def mixes_session(coroutine: FunctionInfo, call: BlockingCall) -> bool:
    """Whether a coroutine that awaits ends in a statement of a synchronous session.

    A thread would hand the session to and fro. Whether the handlers become `def` or the sessions asynchronous is a
    decision about the whole service.
    """
    return call.category == "database" and any(isinstance(site.node, Await) for site in coroutine.sites)


def _sleeps_for_nothing(site: Site) -> bool:
    """`time.sleep(0)`, or for a few milliseconds at most."""
    call = site.node
    if isinstance(call, Call) and len(call.args) == 1:
        value = call.args[0].value if isinstance(call.args[0], Const) else None
        return isinstance(value, (int, float)) and not isinstance(value, bool) and value < _NOTICED
    return False
