"""Calls that hold their thread: by the table of libraries, and statements sent through synchronous sessions."""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

from pitstop.project.branches import NOTHING, Facts, runs
from pitstop.project.calls import Calls, Reach, Step
from pitstop.project.edges import Edge
from pitstop.project.facts import Attr, Await, Call, Comp, Const, For, With
from pitstop.project.model import FunctionInfo
from pitstop.project.orm import is_true
from pitstop.project.queries import Queries, Query
from pitstop.project.sites import Site
from pitstop.project.traits import is_memoised

_SESSION, _QUERY = "Session.", "Query."
_NOTICED = 0.005
"""Seconds: a shorter sleep delays other requests less than serving them does."""
SOON = frozenset({"cache", "file"})
"""Categories of what answers within a millisecond as a rule: a server that keeps all in memory, a warm disk."""
_CONNECTING = frozenset({"ftplib.FTP", "ftplib.FTP_TLS", "smtplib.SMTP", "smtplib.SMTP_SSL"})
"""Classes that connect as they are made, if they are given a host."""
_OF_THE_LOOP = {"create_task", "ensure_future", "get_event_loop", "get_running_loop"}
_PATTERN = 5
"""Coroutines over synchronous sessions from which on it is how the service is written, and no slip."""
_MANY = 20
"""Handlers with a needless `async` from which on nobody mends them one by one."""
_ROUNDS = 12_000
"""Rounds of PBKDF2 that take as long: 0.8 ms for 2048 of SHA-256, measured."""


@dataclass(frozen=True, slots=True)
class BlockingCall:
    """One call that blocks its thread until somebody else is done: a clock, a disk, a server."""

    function: FunctionInfo
    site: Site
    name: str
    category: str
    """sleep, http, llm, subprocess, network, database, cache, file, cpu."""
    twin: str = ""


@dataclass(frozen=True, slots=True)
class SessionUser:
    """A coroutine, and the way from it to the first statement of a synchronous session that it waits for."""

    function: FunctionInfo
    steps: tuple[Step, ...]
    call: BlockingCall


class Blocking:
    """Blocking calls in functions, and below them."""

    def __init__(self, functions: Mapping[str, FunctionInfo], calls: Calls, queries: Queries) -> None:
        self._functions = functions
        self._calls = calls
        self._queries = queries
        self._below: dict[tuple[str, Facts, bool], tuple[tuple[Step, ...], BlockingCall] | None] = {}

    def direct(self, function: FunctionInfo) -> tuple[BlockingCall, ...]:
        """The blocking calls that a function makes itself, in the order of the text."""
        found = [
            BlockingCall(function, sink.site, sink.name, sink.known.category, sink.known.twin)
            for sink in self._calls.sinks(function)
            if sink.known.kind == "blocks" and not sink.site.awaited and not _is_short(sink.site, sink.name)
        ]
        if found and function.is_async:
            entered = _entered(function)
            found = [call for call in found if id(call.site.node) not in entered]
        known = {id(call.site.node) for call in found}
        found.extend(
            BlockingCall(function, query.site, f"{_home(query)}.{query.method}", "database")
            for query in self._queries.direct(function)
            if not query.is_async and not query.site.awaited and id(query.site.node) not in known
        )
        return tuple(sorted(found, key=lambda call: call.site.node.at))

    def below(
        self,
        function: FunctionInfo,
        by: Step | None = None,
        under: Sequence[Facts] = (NOTHING,),
        *,
        sessions: bool = True,
    ) -> tuple[tuple[Step, ...], BlockingCall] | None:
        """The shortest way, through plain calls, from a synchronous function to a blocking call; the call is its end.

        Functions that remember their result are not entered: what they do happens once, not on each request. What the call
        `by` which it is called excludes by its arguments is not followed either; of the parameters around that call one of
        `under` is known. Without `sessions`, statements of sessions do not count.
        """
        if is_memoised(function):
            return None
        for facts in self._calls.values.given(function, by, under):
            key = (function.qualname, facts, sessions)
            if key not in self._below:
                # A file is soon read: what waits for a server is told first, however deep.
                self._below[key] = self._search(function, facts, sessions, soon=False) or self._search(
                    function, facts, sessions, soon=True
                )
            if self._below[key] is not None:
                return self._below[key]
        return None

    def may_be_spared(self, step: Step) -> bool:
        """Whether a call goes to one of several implementations, and not all of them wait for more than a file."""
        call = step.site.node
        targets = self._calls.targets(call, step.function) if isinstance(call, Call) else ()
        if len(targets) < 2:
            return False
        ways = (None if target.is_async else self.below(target, step) for target in targets)
        return any(way is None or way[1].category in SOON for way in ways)

    @cached_property
    def session_users(self) -> dict[str, SessionUser]:
        """The coroutines on the loop that wait for a synchronous session, where so many do that it is how the service is written.

        Whether the handlers become `def` or the sessions asynchronous is a decision about the whole service then. A handler
        that awaits nothing loses its `async` and all is well: such are among them only where they are very many. Where
        there are fewer, each is a blocking call like any other.
        """
        deciding: dict[str, SessionUser] = {}
        mending: dict[str, SessionUser] = {}
        for (name, context), reach in self._calls.reached.items():
            function = self._functions[name]
            if context == "loop" and function.is_async:
                used = self._session_in(function)
                if used is not None:
                    group = mending if may_lose_its_async(function, reach, used.call) else deciding
                    group[name] = used
        found = deciding if len(deciding) >= _PATTERN else {}
        return {**found, **mending} if len(mending) >= _MANY else found

    def _session_in(self, function: FunctionInfo) -> SessionUser | None:
        for call in self.direct(function):
            if is_session(call):
                return SessionUser(function, (Step(function, call.site),), call)
        for edge in self._calls.edges(function):
            if leads_on(edge) and not edge.choice:
                below = self.below(edge.target, Step(function, edge.site))
                if below is not None and is_session(below[1]):
                    return SessionUser(function, (Step(function, edge.site), *below[0]), below[1])
        return None

    def _search(
        self, function: FunctionInfo, facts: Facts, sessions: bool, *, soon: bool
    ) -> tuple[tuple[Step, ...], BlockingCall] | None:
        seen = {(function.qualname, facts)}
        todo: deque[tuple[FunctionInfo, Facts, tuple[Step, ...]]] = deque([(function, facts, ())])
        while todo:
            current, known, path = todo.popleft()
            for call in self.direct(current):
                if not sessions and is_session(call):
                    continue
                if (soon or call.category not in SOON) and runs(call.site, known):
                    return (*path, Step(current, call.site)), call
            for edge, passed in self._calls.values.followed(current, known):
                target = edge.target
                followed = (
                    edge.kind in {"call", "property"} and not edge.site.in_lambda and not is_memoised(target)
                )
                if not followed or target.is_async or target.yields:
                    continue
                if (target.qualname, passed) not in seen:
                    seen.add((target.qualname, passed))
                    todo.append((target, passed, (*path, Step(current, edge.site))))
        return None


def is_session(call: BlockingCall) -> bool:
    """Whether it is a statement sent through a synchronous session."""
    return call.category == "database" and call.name.startswith((_SESSION, _QUERY))


def _home(query: Query) -> str:
    """The class whose method sends a query: of `session.query(...)` it is `Query`."""
    return "Query" if query.statement is query.session else "Session"


def _entered(function: FunctionInfo) -> set[int]:
    """The expressions that `async for` and `async with` stand before: no call that blocks gives what they take."""
    found: set[int] = set()
    for statement in function.statements:
        if isinstance(statement, For) and statement.is_async:
            found.add(id(statement.iter))
        elif isinstance(statement, With) and statement.is_async:
            found |= {id(item.context) for item in statement.items}
    for site in function.sites:
        if isinstance(site.node, Comp):
            found |= {id(each.iter) for each in site.node.generators if each.is_async}
    return found


def leads_on(edge: Edge) -> bool:
    """Whether the target of an edge runs then and there, in the same thread."""
    return (
        edge.kind in {"call", "property"}
        and not edge.site.in_lambda
        and not edge.target.is_async
        and not edge.target.yields
    )


def awaits(coroutine: FunctionInfo) -> bool:
    """Whether a coroutine needs the loop for something, or asks for it: then it cannot become a `def` as it is."""
    return any(
        isinstance(site.node, Await) or (isinstance(site.node, Call) and _last(site.node) in _OF_THE_LOOP)
        for site in coroutine.sites
    )


def needs_no_loop(coroutine: FunctionInfo, reach: Reach) -> bool:
    """Whether FastAPI alone calls a coroutine and it awaits nothing: it might as well be a `def`."""
    return bool(reach.routes) and not reach.path and not awaits(coroutine)


def may_lose_its_async(coroutine: FunctionInfo, reach: Reach, call: BlockingCall) -> bool:
    """Whether what is wrong is the `async`: it needs no loop, and waits for a session."""
    return is_session(call) and needs_no_loop(coroutine, reach)


def mixes_session(coroutine: FunctionInfo, call: BlockingCall) -> bool:
    """Whether a coroutine that awaits ends in a statement of a database: a thread would hand the session to and fro."""
    return call.category == "database" and awaits(coroutine)


def _is_short(site: Site, name: str) -> bool:
    """`time.sleep(0)`, or for a few milliseconds at most; a key derived in as few; a download that looks at the disk only."""
    call = site.node
    if not isinstance(call, Call):
        return False
    if name == "hashlib.pbkdf2_hmac":
        rounds = call.argument(3, "iterations")
        return isinstance(rounds, Const) and isinstance(rounds.value, int) and rounds.value < _ROUNDS
    if name in _CONNECTING and not call.args and call.keyword("host") is None:
        # It connects to nobody before `connect`.
        return True
    if is_true(call.keyword("local_files_only")):
        # Of what is there already the path is told.
        return True
    if len(call.args) == 1:
        value = call.args[0].value if isinstance(call.args[0], Const) else None
        return isinstance(value, (int, float)) and not isinstance(value, bool) and value < _NOTICED
    return False


def _last(call: Call) -> str:
    return call.func.attr if isinstance(call.func, Attr) else getattr(call.func, "id", "")
