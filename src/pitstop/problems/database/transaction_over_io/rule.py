"""Calls that wait for another server, a clock or a second connection while a transaction is certainly open."""

from __future__ import annotations

import re
from collections import deque
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from pitstop.data import Finding, Impact, Location, Severity, SourceEvidence
from pitstop.problems.database.transaction_over_io.transactions import Transactions, Waiting
from pitstop.problems.findings import make, merge_places, path_of, route_names
from pitstop.project.calls import Step
from pitstop.project.doubt import weigh
from pitstop.project.facts import Call, Const, With
from pitstop.project.traits import is_memoised

if TYPE_CHECKING:
    from pitstop.project import Project
    from pitstop.project.model import FunctionInfo
    from pitstop.project.sites import Site

IMPACT = Impact(text="a connection of the pool serves others while the request waits")
_BLOCKING = {"http", "llm", "network", "sleep", "subprocess"}
_WAITING = {"http", "llm"}
_SAYS = {
    "http": "waits for another server",
    "llm": "waits for a language model",
    "network": "waits for another server",
    "sleep": "sleeps",
    "subprocess": "waits for another process",
    "session": "takes a second connection from the pool",
}
_NOTICED = 0.05
"""Seconds: a shorter sleep costs less than a statement."""
_DEEP = 6


@dataclass(frozen=True, slots=True)
class _Wait:
    category: str
    name: str
    steps: tuple[Step, ...]
    """From the function that holds the transaction to the call that waits."""


def find(project: Project) -> list[Finding]:
    """One finding for each transaction that stays open over a wait."""
    return merge_places(_finding(project, call, wait) for call, wait in _hits(project))


def open_at(project: Project, location: Location) -> Waiting | None:
    """The wait at a place, with the transaction that is open there, as reading the code shows it."""
    for call, _ in _hits(project):
        if call.function.module.location(call.site.node, call.function.qualname) == location:
            return call
    return None


def _hits(project: Project) -> list[tuple[Waiting, _Wait]]:
    transactions = Transactions(project)
    waits = _Waits(project, transactions)
    hits: list[tuple[Waiting, _Wait]] = []
    for function in project.functions:
        if project.calls.reach(function) is None:
            continue
        course = transactions.course(function)
        for call in course.calls if course is not None else ():
            wait = waits.of(call)
            if wait is not None and project.calls.reach(function, call.site) is not None:
                hits.append((call, wait))
    nearest = {(id(wait.steps[-1].site), call.function.qualname) for call, wait in hits}
    return [
        (call, wait)
        for call, wait in hits
        if not any(
            (id(wait.steps[-1].site), step.function.qualname) in nearest
            for step in wait.steps
            if step.function is not call.function
        )
    ]


class _Waits:
    def __init__(self, project: Project, transactions: Transactions) -> None:
        self._project = project
        self._transactions = transactions
        self._below: dict[str, _Wait | None] = {}

    def of(self, call: Waiting) -> _Wait | None:
        """What a call that certainly runs waits for, itself or in the function that it enters."""
        first = Step(call.function, call.site)
        direct = self._direct(call.function, call.site, awaited=call.awaited)
        if direct is not None:
            return _Wait(*direct, (first,))
        if len(call.targets) != 1:
            return None
        target = call.targets[0]
        if (target.is_async and not call.awaited) or target.yields or is_memoised(target):
            return None
        below = self._search(target)
        return _Wait(below.category, below.name, (first, *below.steps)) if below is not None else None

    def _direct(self, function: FunctionInfo, site: Site, *, awaited: bool) -> tuple[str, str] | None:
        known = self._sinks(function).get(id(site))
        if known is None or not isinstance(site.node, Call):
            return None
        category, name, waits = known
        if waits != awaited or (category == "sleep" and _is_short(site.node)):
            return None
        return category, name

    def _sinks(self, function: FunctionInfo) -> dict[int, tuple[str, str, bool]]:
        found: dict[int, tuple[str, str, bool]] = {}
        for sink in self._project.calls.sinks(function):
            if sink.known.kind == "waits" and sink.known.category in _WAITING:
                found[id(sink.site)] = (sink.known.category, sink.name, True)
            elif sink.known.kind == "blocks" and sink.known.category in _BLOCKING:
                found[id(sink.site)] = (sink.known.category, sink.name, False)
        for site in function.calls:
            if site.awaited and isinstance(site.node, Call) and _last(site.node) == "sleep":
                name = self._project.calls.external_name(site.node, function)
                if name in {"asyncio.sleep", "anyio.sleep"}:
                    found[id(site)] = ("sleep", name, True)
        return found

    def _search(self, function: FunctionInfo) -> _Wait | None:
        if function.qualname not in self._below:
            self._below[function.qualname] = self._find(function)
        return self._below[function.qualname]

    def _find(self, function: FunctionInfo) -> _Wait | None:
        """The shortest way from a function to a wait that is taken whenever it runs and ends no transaction before."""
        seen = {function.qualname}
        todo: deque[tuple[FunctionInfo, tuple[Step, ...]]] = deque([(function, ())])
        while todo:
            current, path = todo.popleft()
            course = self._transactions.course(current)
            if course is None:
                continue
            entered = _entered(current)
            for site in current.calls:
                if site.conditional or site.rescue or site.in_lambda:
                    continue
                if course.ends_at is not None and site.node.at > course.ends_at:
                    continue
                steps = (*path, Step(current, site))
                direct = self._direct(current, site, awaited=site.awaited or id(site.node) in entered)
                if direct is not None:
                    return _Wait(*direct, steps)
                if id(site.node) in entered and self._is_second(current, site):
                    return _Wait("session", "", steps)
            if len(path) >= _DEEP:
                continue
            for edge in self._project.calls.edges(current):
                target, site = edge.target, edge.site
                if edge.kind != "call" or edge.choice or site.conditional or site.rescue or site.in_lambda:
                    continue
                if course.ends_at is not None and site.node.at >= course.ends_at:
                    continue
                if target.yields or is_memoised(target) or target.qualname in seen:
                    continue
                if target.is_async and not site.awaited:
                    continue
                seen.add(target.qualname)
                todo.append((target, (*path, Step(current, site))))
        return None

    @cached_property
    def _keeps_one_for_a_task(self) -> bool:
        """Whether the project has a factory of sessions with a context variable: it may hand out the one that is open."""
        texts = (module.source.text for module in self._project.index.by_path.values())
        return any(
            "ContextVar" in text and re.search(r"sessionmaker|AsyncSession\(|scoped_session", text)
            for text in texts
        )

    def _is_second(self, function: FunctionInfo, site: Site) -> bool:
        """Whether a block opens a session of its own and sends something through it."""
        if self._keeps_one_for_a_task:
            return False
        sessions = self._project.sessions
        for block in function.statements:
            if isinstance(block, With) and any(item.context is site.node for item in block.items):
                return sessions.opens(function, block) and any(
                    block in use.site.withs and not use.site.conditional and use.site is not site
                    for use in sessions.direct(function)
                )
        return False


def _entered(function: FunctionInfo) -> set[int]:
    return {
        id(item.context)
        for block in function.statements
        if isinstance(block, With) and block.is_async
        for item in block.items
    }


def _is_short(call: Call) -> bool:
    value = call.args[0].value if call.args and isinstance(call.args[0], Const) else None
    return isinstance(value, (int, float)) and not isinstance(value, bool) and value < _NOTICED


def _is_lock(step: Step) -> bool:
    return isinstance(step.site.node, Call) and "lock" in _last(step.site.node).lower()


def _last(call: Call) -> str:
    return getattr(call.func, "attr", "") or getattr(call.func, "id", "")


def _finding(project: Project, call: Waiting, wait: _Wait) -> Finding:
    function, opened = call.function, call.opened
    reach = project.calls.reach(function, call.site)
    assert reach is not None
    severity: Severity = "high" if opened.writes or wait.category == "llm" else "medium"
    # An advisory lock lives as long as its connection, so who waits for one has to keep it.
    doubts = ["the transaction may be there for its lock"] if _is_lock(opened.step) else []
    if wait.category == "sleep" and "for_update" in function.module.text(function.node):
        doubts.append("it waits until somebody else releases a row")
    if len(wait.steps) > 1:
        # Which transaction is open where another function waits is read right in most services, and wrong in some.
        doubts.append("what is open there was followed through other functions")
    confidence, severity, why = weigh(reach, wait.steps, "possible", severity, doubts=doubts)
    inner = list(dict.fromkeys(step.function.name for step in wait.steps[1:]))
    way = " → ".join([*inner, *([f"`{wait.name}`"] if wait.name else [])])
    kept = "the rows it changed stay locked" if opened.writes else "its connection is lost to others"
    return make(
        problem="transaction-over-io",
        domain="database",
        severity=severity,
        confidence=confidence,
        message=f"`{function.name}` {_SAYS[wait.category]} ({way}) while the transaction begun at line "
        f"{opened.step.site.node.line} is open: {kept} meanwhile",
        module=function.module,
        owner=function.qualname,
        node=call.site.node,
        # All waits within one transaction have one cure.
        identity=(function.qualname, function.module.text(opened.step.site.node)),
        routes=route_names(reach),
        call_path=path_of(reach, wait.steps),
        evidence=(
            SourceEvidence(
                text="a statement was sent, and nothing commits, rolls back or closes before the wait"
                + (f"; but {why}" if why else ""),
                locations=(opened.step.location, *(step.location for step in wait.steps)),
            ),
        ),
        impact=IMPACT,
        fix_class="decide",
    )
