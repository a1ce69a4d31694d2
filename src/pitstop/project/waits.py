"""Coroutines that wait for another server: by the table of libraries, directly and below."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass

from pitstop.project.calls import Calls, Step
from pitstop.project.model import FunctionInfo
from pitstop.project.sites import Site
from pitstop.project.traits import is_memoised

_SERVERS = {"http", "llm"}
"""What answers late and takes a connection for each waiter. A database and a cache answer soon, and have rules of their own."""


@dataclass(frozen=True, slots=True)
class Wait:
    """One call that waits, without holding its thread, until another server has answered."""

    function: FunctionInfo
    site: Site
    name: str
    category: str
    """http, llm."""


class Waits:
    """Waits for other servers in functions, and below them."""

    def __init__(self, calls: Calls) -> None:
        self._calls = calls
        self._below: dict[tuple[str, bool], tuple[tuple[Step, ...], Wait] | None] = {}

    def direct(self, function: FunctionInfo) -> tuple[Wait, ...]:
        """The waits that a function makes itself, in the order of the text."""
        found = (
            Wait(function, sink.site, sink.name, sink.known.category)
            for sink in self._calls.sinks(function)
            if sink.known.kind == "waits" and sink.known.category in _SERVERS
        )
        return tuple(sorted(found, key=lambda wait: wait.site.node.at))

    def below(self, function: FunctionInfo, *, always: bool = False) -> tuple[tuple[Step, ...], Wait] | None:
        """The shortest way, through plain calls, from a function to a wait; with `always` one without branches."""
        key = (function.qualname, always)
        if key not in self._below:
            self._below[key] = self._search(function, always=always)
        return self._below[key]

    def _search(self, function: FunctionInfo, *, always: bool) -> tuple[tuple[Step, ...], Wait] | None:
        if is_memoised(function):
            return None
        seen = {function.qualname}
        todo: deque[tuple[FunctionInfo, tuple[Step, ...]]] = deque([(function, ())])
        while todo:
            current, path = todo.popleft()
            for wait in self.direct(current):
                if not (always and (wait.site.conditional or wait.site.rescue)):
                    return (*path, Step(current, wait.site)), wait
            for edge in self._calls.edges(current):
                target, site = edge.target, edge.site
                if edge.kind not in {"call", "property"} or site.in_lambda or target.qualname in seen:
                    continue
                if is_memoised(target) or (always and (site.conditional or site.rescue or edge.choice)):
                    continue
                seen.add(target.qualname)
                todo.append((target, (*path, Step(current, site))))
        return None
