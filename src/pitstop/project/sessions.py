"""Who uses a database session or connection, and whose it is: opened on the way, or handed over from outside."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from pitstop.project.calls import Calls, Step
from pitstop.project.facts import Attr, Call, Expr, Name, With, dotted
from pitstop.project.inference import Inference
from pitstop.project.model import FunctionInfo
from pitstop.project.results import ASYNC_SESSIONS
from pitstop.project.sites import Site
from pitstop.project.traits import is_memoised

_SENDS = {
    "commit", "delete", "execute", "flush", "get", "get_one", "merge", "refresh", "run_sync", "scalar", "scalars", "stream",
    "stream_scalars", "exec",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Use:
    """One call that opens an asynchronous session or connection, or sends something through one."""

    function: FunctionInfo
    site: Site
    session: Expr


_DRIVERS = ("aiomysql.", "aiopg.", "aiosqlite.", "asyncpg.", "psycopg.")
_CONNECTIONS = {"asyncconnection", "asynccursor", "connection", "cursor", "poolconnectionproxy"}


class Sessions:
    """Asynchronous database sessions: where they are opened and used."""

    def __init__(self, inference: Inference, calls: Calls) -> None:
        self._inference = inference
        self._calls = calls
        self._direct: dict[str, tuple[Use, ...]] = {}
        self._below: dict[str, tuple[tuple[Step, ...], Use] | None] = {}

    def is_session(self, expr: Expr | None, scope: FunctionInfo) -> bool:
        """Whether an expression is an asynchronous session or connection of SQLAlchemy."""
        return self._is(self._inference.type_of(expr, scope).name)

    def serves_one_at_a_time(self, expr: Expr | None, scope: FunctionInfo) -> bool:
        """Whether an expression is such a session, or a connection or cursor of a driver."""
        name = self._inference.type_of(expr, scope).name
        return self._is(name) or (
            name.startswith(_DRIVERS) and bool(_CONNECTIONS & {word.lower() for word in name.split(".")[-2:]})
        )

    def _is(self, name: str) -> bool:
        return bool(ASYNC_SESSIONS & {name, *self._inference.external_bases(name)})

    def opens(self, function: FunctionInfo, block: With) -> bool:
        """Whether a `with` opens a session or connection."""
        return any(
            not isinstance(item.context, Name)
            and self._is(self._inference.entered(self._inference.type_of(item.context, function)).name)
            for item in block.items
        )

    def direct(self, function: FunctionInfo) -> tuple[Use, ...]:
        """The sessions that a function opens itself, and what it sends."""
        if function.qualname not in self._direct:
            self._direct[function.qualname] = tuple(self._uses(function))
        return self._direct[function.qualname]

    def _uses(self, function: FunctionInfo) -> Iterator[Use]:
        opened = {
            id(item.context)
            for block in function.statements
            if isinstance(block, With) and block.is_async and self.opens(function, block)
            for item in block.items
        }
        for site in function.calls:
            assert isinstance(site.node, Call)
            if id(site.node) in opened:
                yield Use(function, site, site.node)
            elif (
                isinstance(site.node.func, Attr)
                and site.node.func.attr in _SENDS
                and self.is_session(site.node.func.value, function)
            ):
                yield Use(function, site, site.node.func.value)

    def below(self, function: FunctionInfo) -> tuple[tuple[Step, ...], Use] | None:
        """The shortest way from a coroutine to where something is sent, one without branches if there is such."""
        if function.qualname not in self._below:
            found = self._search(function, always=True) or self._search(function, always=False)
            self._below[function.qualname] = found
        return self._below[function.qualname]

    def _search(self, function: FunctionInfo, *, always: bool) -> tuple[tuple[Step, ...], Use] | None:
        seen = {function.qualname}
        todo: deque[tuple[FunctionInfo, tuple[Step, ...]]] = deque([(function, ())])
        while todo:
            current, path = todo.popleft()
            if is_memoised(current):
                continue
            for use in self.direct(current):
                if not (always and (use.site.conditional or use.site.rescue)):
                    return (*path, Step(current, use.site)), use
            for edge in self._calls.edges(current):
                target, site = edge.target, edge.site
                if always and (site.conditional or site.rescue or edge.choice):
                    continue
                if edge.kind in {"call", "runs-sync"} and target.is_async and target.qualname not in seen:
                    seen.add(target.qualname)
                    todo.append((target, (*path, Step(current, site))))
        return None

    def owned(self, steps: Sequence[Step], use: Use) -> bool:
        """Whether the session is opened on the way itself, so that each run of it has one of its own."""
        return isinstance(use.session, Call) or any(self._opened(step) for step in steps) or self._made(use)

    def _opened(self, step: Step) -> bool:
        return any(self.opens(step.function, block) for block in step.site.withs)

    def _made(self, use: Use) -> bool:
        """`session = maker()` or `async with maker() as session`, in the function that uses it."""
        root = dotted(use.session).partition(".")[0]
        bound = use.function.bindings.get(root, ())
        return bool(bound) and all(
            b.how == "enter" or (b.how == "value" and isinstance(b.value, Call)) for b in bound
        )
