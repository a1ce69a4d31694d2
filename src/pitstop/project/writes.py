"""Where the database is written to: statements that change rows, flushes and commits."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

from pitstop.project.branches import NOTHING, Facts, runs
from pitstop.project.calls import Calls, Step
from pitstop.project.changes import Changes
from pitstop.project.facts import Attr, Call, Expr, Format, string
from pitstop.project.inference import Inference
from pitstop.project.model import FunctionInfo
from pitstop.project.queries import Queries
from pitstop.project.results import QUERY
from pitstop.project.sites import Site
from pitstop.project.traits import is_memoised

Kind = Literal["insert", "update", "delete", "flush", "commit"]
_SENDERS = {"execute", "exec", "scalar", "scalars", "stream"}
_BUILDERS: dict[str, Kind] = {
    "sqlalchemy.insert": "insert",
    "sqlalchemy.update": "update",
    "sqlalchemy.delete": "delete",
}
_FIRST_WORDS: dict[str, Kind] = {"INSERT": "insert", "UPDATE": "update", "DELETE": "delete"}
_DRIVERS = ("databases.Database", "asyncpg.Connection", "asyncpg.Pool", "asyncpg.connection.Connection")
_INTERESTING = {*_SENDERS, "flush", "commit", "update", "delete"}


@dataclass(frozen=True, slots=True)
class Write:
    """One place that sends a changing statement, flushes a session, or ends a transaction."""

    function: FunctionInfo
    site: Site
    kind: Kind
    session: Expr


class Writes:
    """All places of a project that write to a database."""

    def __init__(self, inference: Inference, calls: Calls, queries: Queries) -> None:
        self._inference = inference
        self._calls = calls
        self._queries = queries
        self._direct: dict[str, tuple[Write, ...]] = {}
        self._changes = Changes(inference, calls, self.direct)
        self._below: dict[tuple[str, tuple[Kind, ...], Facts], tuple[tuple[Step, ...], Write] | None] = {}

    def direct(self, function: FunctionInfo) -> tuple[Write, ...]:
        """The writes that a function makes itself."""
        if function.qualname not in self._direct:
            self._direct[function.qualname] = tuple(self._writes(function))
        return self._direct[function.qualname]

    def find(
        self,
        function: FunctionInfo,
        *kinds: Kind,
        by: Step | None = None,
        under: Sequence[Facts] = (NOTHING,),
    ) -> tuple[tuple[Step, ...], Write] | None:
        """The shortest way from a function to a write of one of the kinds that runs whenever the function does.

        What stands in a branch, after an error or behind one of several implementations does not count, nor the commit at
        the end of a `with` in which nothing is changed: it waits for no disk. What the call `by` which the function is called
        excludes by its arguments is not followed; of the parameters around that call one of `under` is known.
        """
        for facts in self._calls.values.given(function, by, under):
            key = (function.qualname, kinds, facts)
            if key not in self._below:
                self._below[key] = self._find(function, kinds, facts)
            if self._below[key] is not None:
                return self._below[key]
        return None

    def changes_nothing_in(self, function: FunctionInfo, scope: FunctionInfo) -> bool:
        """Whether a function enters the context manager `scope`, or goes through its values, and changes no row."""
        return bool(scope.yields) and not self._changes.may_change(function, scope)

    def _find(
        self, function: FunctionInfo, kinds: tuple[Kind, ...], facts: Facts
    ) -> tuple[tuple[Step, ...], Write] | None:
        seen = {(function.qualname, facts)}
        todo: deque[tuple[FunctionInfo, Facts, tuple[Step, ...]]] = deque([(function, facts, ())])
        while todo:
            current, known, path = todo.popleft()
            for write in self.direct(current):
                is_sure = not write.site.conditional and not write.site.rescue
                if write.kind in kinds and is_sure and runs(write.site, known):
                    return (*path, Step(current, write.site)), write
            if len(path) > 5:
                continue
            for edge, passed in self._calls.values.followed(current, known):
                site, target = edge.site, edge.target
                if edge.kind != "call" or site.conditional or site.rescue or site.in_lambda or edge.choice:
                    continue
                if kinds == ("commit",) and self.changes_nothing_in(current, target):
                    continue
                if (target.qualname, passed) not in seen and not is_memoised(target):
                    seen.add((target.qualname, passed))
                    todo.append((target, passed, (*path, Step(current, site))))
        return None

    def _writes(self, function: FunctionInfo) -> Iterator[Write]:
        for site in function.calls:
            call = site.node
            if not isinstance(call, Call) or not isinstance(call.func, Attr) or site.in_lambda:
                continue
            method = call.func.attr
            if method not in _INTERESTING:
                continue
            kind = self._kind(call, call.func, method, function)
            if kind is not None:
                yield Write(function, site, kind, call.func.value)

    def _kind(self, call: Call, func: Attr, method: str, function: FunctionInfo) -> Kind | None:
        receiver = self._inference.type_of(func.value, function)
        if method in {"update", "delete"}:
            if receiver.name == QUERY:
                return "update" if method == "update" else "delete"
            return None
        is_session = bool(self._queries.session_kind(func.value, function))
        if method in {"flush", "commit"}:
            return method if is_session else None  # type: ignore[return-value] # both are kinds
        if not is_session and not receiver.name.startswith(_DRIVERS):
            return None
        first = call.argument(0, "statement") or call.keyword("query")
        built = self._inference.type_of(first, function).name
        for builder, kind in _BUILDERS.items():
            if built == builder or built.startswith((builder + "(", builder + ".")):
                return None if len(call.args) > 1 and self._is_list(call.args[1], function) else kind
        return _FIRST_WORDS.get(self._first_word(first, function))

    def _is_list(self, expr: Expr, function: FunctionInfo) -> bool:
        """Whether the parameters are many rows: one statement for all of them."""
        return self._inference.type_of(expr, function).name == "list"

    def _first_word(self, expr: Expr | None, function: FunctionInfo) -> str:
        while isinstance(expr, Call) and expr.args:
            if self._inference.type_of(expr.func, function).name != "sqlalchemy.text":
                return ""
            expr = expr.args[0]
        if isinstance(expr, Format):
            expr = expr.values[0] if expr.values else None
        words = string(expr).split(None, 1)
        return words[0].upper() if words else ""
