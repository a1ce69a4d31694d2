"""Follows a function statement by statement: where a transaction is certainly open, and which calls run meanwhile."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from pitstop.project.calls import Step
from pitstop.project.edges import Edge
from pitstop.project.facts import (
    Attr,
    Await,
    Call,
    Comp,
    Expr,
    For,
    If,
    IfExp,
    Lambda,
    Op,
    Other,
    Raise,
    Return,
    Statement,
    Try,
    While,
    With,
    children,
    dotted,
    expressions,
)
from pitstop.project.results import ASYNC_SESSIONS, SYNC_SESSIONS
from pitstop.project.traits import is_memoised

if TYPE_CHECKING:
    from pitstop.project import Project
    from pitstop.project.model import FunctionInfo
    from pitstop.project.sites import Site

_CLOSES = re.compile(r"\.(?:close|commit|rollback|remove)\(|\bwith\b[^\n]*ession")
"""What a decorator does to a session when the function that it wraps is done."""
_SENDS = {
    "delete", "exec", "execute", "flush", "get", "get_one", "merge", "query", "refresh", "scalar", "scalars", "stream",
    "stream_scalars",
}  # fmt: skip
_NOT_YET = {"delete", "query"}
"""What sends nothing by itself: `delete` waits for the flush, `query` for its end. On async sessions `delete` may load."""
_ENDS = {"aclose", "close", "commit", "invalidate", "remove", "reset", "rollback"}
_HOLDERS = (SYNC_SESSIONS | ASYNC_SESSIONS) - {"sqlalchemy.Engine"}
_CONNECTIONS = {"sqlalchemy.Connection", "sqlalchemy.ext.asyncio.AsyncConnection"}
_GATHERING = {"gather", "shield", "wait_for", "timeout", "TaskGroup"}
_STARTS = {"create_task", "ensure_future", "start_soon", "add_task"}
_DEPTH = 12
ANY = "*"
"""The session of a caller, where its name here is not known."""


@dataclass(frozen=True, slots=True)
class Open:
    """A transaction that is certainly open: the statement that began it, and whether rows were changed in it."""

    step: Step
    writes: bool = False


@dataclass(frozen=True, slots=True)
class Waiting:
    """A call that certainly runs while a transaction is open; `target` is the project's function that it enters, if any."""

    function: FunctionInfo
    site: Site
    opened: Open
    awaited: bool
    targets: tuple[FunctionInfo, ...]


State = dict[str, Open]


@dataclass(slots=True)
class Course:
    """What running a function does to the transactions of its callers, and which calls it makes within open ones."""

    calls: list[Waiting] = field(default_factory=list)
    leaves_open: Open | None = None
    ends_at: int | None = None
    """The first place that may end the transaction of a caller."""


class Transactions:
    """The courses of all functions that are asked for."""

    def __init__(self, project: Project) -> None:
        self._project = project
        self._courses: dict[str, Course | None] = {}

    def course(self, function: FunctionInfo, depth: int = 0) -> Course | None:
        """The course of a function; None while it is being worked out, or where calls nest too deep."""
        name = function.qualname
        if name not in self._courses:
            if depth > _DEPTH:
                return None
            self._courses[name] = None
            self._courses[name] = _Follower(self._project, self, function, depth).run()
        return self._courses[name]


class _Follower:
    def __init__(
        self, project: Project, transactions: Transactions, function: FunctionInfo, depth: int
    ) -> None:
        self._project = project
        self._transactions = transactions
        self._function = function
        self._depth = depth
        self._course = Course()
        self._sites = {id(site.node): site for site in function.calls}
        self._edges: dict[int, list[Edge]] = {}
        for edge in project.calls.edges(function):
            self._edges.setdefault(id(edge.site.node), []).append(edge)
        self._queries = {id(q.site): q for q in project.queries.direct(function)}
        self._changes = {id(w.site) for w in project.writes.direct(function) if w.kind != "commit"}
        self._own: set[str] = set()
        """Sessions that this function opens itself: their end is no matter of its callers."""
        self._ends: list[State] = []

    def run(self) -> Course:
        state = self._body(self._function.node.body, {})
        ends = [end for end in (*self._ends, state) if end is not None]
        names = set.intersection(*(set(end) for end in ends)) if ends else set()
        left = [ends[0][name] for name in sorted(names - self._own)]
        if not self._closes_around:
            self._course.leaves_open = next((o for o in left if o.writes), left[0] if left else None)
        return self._course

    @property
    def _closes_around(self) -> bool:
        """Whether a decorator of the project closes, or commits, what the function used."""
        function = self._function
        for decorator in function.node.decorators:
            called = decorator.func if isinstance(decorator, Call) else decorator
            found = self._project.types.type_of(called, function.parent or function.module)
            info = self._project.index.functions.get(found.name) if found.kind == "function" else None
            if info is not None and _CLOSES.search(info.module.text(info.node)):
                return True
        return False

    # --- statements: each gives the state after it, None where nothing follows ---------------------------------------

    def _body(self, body: tuple[Statement, ...], state: State) -> State | None:
        current: State | None = state
        for statement in body:
            if current is None:
                break
            current = self._statement(statement, current)
        return current

    def _statement(self, statement: Statement, state: State) -> State | None:
        match statement:
            case If():
                self._expression(statement.test, state)
                return _joined(
                    self._body(statement.body, dict(state)), self._body(statement.orelse, dict(state))
                )
            case For() | While():
                for expr in expressions(statement):
                    self._expression(expr, state)
                if isinstance(statement, For) and statement.is_async:
                    return self._repeated(statement.body, state)
                after = self._repeated(statement.body, state)
                return self._body(statement.orelse, after)
            case With():
                return self._with(statement, state)
            case Try():
                return self._try(statement, state)
            case Return() | Raise():
                for expr in expressions(statement):
                    self._expression(expr, state)
                if isinstance(statement, Return):
                    self._ends.append(state)
                return None
            case Other():
                for expr in expressions(statement):
                    self._expression(expr, state)
                if statement.kind in {"Break", "Continue"}:
                    return None
                outcomes = [self._body(block, dict(state)) for block in statement.blocks]
                for outcome in outcomes:
                    state = _joined(state, outcome) or {}
                return state
            case _:
                for expr in expressions(statement):
                    self._expression(expr, state)
                return state

    def _repeated(self, body: tuple[Statement, ...], state: State) -> State:
        """A loop may not turn at all, and a turn may end what was open before it."""
        before = dict(state)
        after = self._body(body, state)
        return _joined(before, after) or {} if after is not None else {}

    def _with(self, block: With, state: State) -> State | None:
        opened: list[str] = []
        for item in block.items:
            self._expression(item.context, state, awaited=block.is_async)
            name = self._entered(item.context, item.target, state)
            if name:
                opened.append(name)
        after = self._body(block.body, state)
        if after is not None:
            for name in opened:
                after.pop(name, None)
        return after

    def _entered(self, context: Expr, target: Expr | None, state: State) -> str:
        """The name of the session or transaction that ends with the block."""
        types = self._project.types
        if isinstance(context, Call) and isinstance(context.func, Attr) and context.func.attr == "begin":
            owner = context.func.value
            if self._is_session(owner):
                return dotted(owner)
        if not isinstance(context, Call):
            bare = dotted(context)
            return bare if bare and self._is_session(context) else ""
        found = types.entered(types.type_of(context, self._function)).name
        names = {found, *types.external_bases(found)}
        name = dotted(target) if target is not None else ""
        if not found and name:
            # Whatever it is, it ends with the block.
            self._own.add(name)
            return name
        if not names & _HOLDERS:
            return ""
        self._own.add(name)
        if names & _CONNECTIONS and name and id(context) in self._sites:
            # A connection is taken out of the pool at once, a session's with its first statement.
            state[name] = Open(Step(self._function, self._sites[id(context)]))
        else:
            state.pop(name, None)
        return name

    def _try(self, statement: Try, state: State) -> State | None:
        before = dict(state)
        after = self._body(statement.body, state)
        if after is not None:
            after = self._body(statement.orelse, after)
        for handler in statement.handlers:
            # What was sent before the error may have been sent or not: only what was open before surely is.
            kept = {name: o for name, o in before.items() if after is None or name in after}
            outcome = self._body(handler.body, kept)
            if outcome is not None:
                after = _joined(after, outcome)
        if statement.final:
            done = self._body(statement.final, after if after is not None else {})
            return done if after is not None else None
        return after

    # --- expressions, in the order of their evaluation ---------------------------------------------------------------

    def _expression(self, expr: Expr, state: State, *, awaited: bool = False) -> None:
        for call, is_awaited in _calls(expr, awaited=awaited):
            site = self._sites.get(id(call))
            if site is not None and not site.in_lambda:
                self._call(call, site, state, awaited=is_awaited)

    def _call(self, call: Call, site: Site, state: State, *, awaited: bool) -> None:
        edges = [edge for edge in self._edges.get(id(call), ()) if edge.kind == "call"]
        if state:
            opened = next((o for o in state.values() if o.writes), next(iter(state.values())))
            self._course.calls.append(
                Waiting(self._function, site, opened, awaited, tuple(edge.target for edge in edges))
            )
        if edges:
            self._enter(call, site, edges, state)
            return
        if not isinstance(call.func, Attr):
            return
        method, owner = call.func.attr, call.func.value
        if method in _ENDS:
            if self._is_session(owner) or not self._project.types.type_of(owner, self._function):
                self._end(dotted(owner), site, state)
        elif method in _SENDS and method not in _NOT_YET and self._is_session(owner):
            self._send(dotted(owner), site, state, writes=id(site) in self._changes)
        else:
            query = self._queries.get(id(site))
            if query is not None:
                self._send(_root(query.session), site, state, writes=id(site) in self._changes)

    def _enter(self, call: Call, site: Site, edges: list[Edge], state: State) -> None:
        for edge in edges:
            target = edge.target
            if target.yields or is_memoised(target):
                continue
            course = self._transactions.course(target, self._depth + 1)
            if course is None:
                self._end("", site, state)
                continue
            if course.leaves_open is not None and not edge.choice and (site.awaited or not target.is_async):
                name = self._handed(call)
                opened = replace(course.leaves_open, step=Step(self._function, site))
                known = state.get(name)
                state[name] = opened if known is None or (opened.writes and not known.writes) else known
            elif course.ends_at is not None:
                self._end("", site, state)

    def _handed(self, call: Call) -> str:
        """The session that a call is given, by its name here."""
        for argument in (*call.args, *(k.value for k in call.keywords)):
            name = dotted(argument)
            if name and self._is_session(argument):
                return name
        return ANY

    def _send(self, name: str, site: Site, state: State, *, writes: bool) -> None:
        if self._is_made_here(name):
            self._own.add(name)
        known = state.get(name)
        if known is None or (writes and not known.writes):
            state[name] = Open(Step(self._function, site), writes)

    def _end(self, name: str, site: Site, state: State) -> None:
        """`name` is empty where it is not known whose transaction ended: then it may be any."""
        if not name:
            state.clear()
        else:
            state.pop(name, None)
            state.pop(ANY, None)
        if name not in self._own and not self._is_made_here(name) and self._course.ends_at is None:
            self._course.ends_at = site.node.at

    def _is_session(self, expr: Expr) -> bool:
        types = self._project.types
        found = types.type_of(expr, self._function).name
        return bool(_HOLDERS & {found, *types.external_bases(found)})

    def _is_made_here(self, name: str) -> bool:
        bound = self._function.bindings.get(name, ())
        return any(binding.how == "value" and isinstance(binding.value, Call) for binding in bound)


def _joined(left: State | None, right: State | None) -> State | None:
    if left is None or right is None:
        return left if right is None else right
    return {name: opened for name, opened in left.items() if name in right}


def _root(expr: Expr) -> str:
    while isinstance(expr, (Call, Attr)) and not dotted(expr):
        expr = expr.func if isinstance(expr, Call) else expr.value
    return (
        dotted(expr).rpartition(".")[0] if isinstance(expr, Attr) and expr.attr == "query" else dotted(expr)
    )


def _calls(expr: Expr, *, awaited: bool) -> Iterator[tuple[Call, bool]]:
    """The calls that certainly run, innermost first, each with whether it is waited for."""
    match expr:
        case Await():
            yield from _calls(expr.value, awaited=True)
        case Lambda() | Comp():
            return
        case IfExp():
            yield from _calls(expr.test, awaited=False)
        case Op() if expr.op in {"And", "Or"}:
            yield from _calls(expr.operands[0], awaited=False)
        case Call():
            last = expr.func.attr if isinstance(expr.func, Attr) else dotted(expr.func)
            if last in _STARTS:
                return
            if isinstance(expr.func, Attr):
                yield from _calls(expr.func.value, awaited=False)
            inner = awaited and last in _GATHERING
            for argument in (*expr.args, *(k.value for k in expr.keywords)):
                yield from _calls(argument, awaited=inner)
            yield expr, awaited
        case _:
            for child in children(expr):
                yield from _calls(child, awaited=False)
