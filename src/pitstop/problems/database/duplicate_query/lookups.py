"""Reads of one row, or of the same rows, with what tells them apart: seen from the function at the top of each way."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING

from pitstop.problems.database.duplicate_query.changes import takes_a_lock
from pitstop.problems.database.duplicate_query.symbols import Symbol, is_session, substituted, symbol
from pitstop.project.calls import Step
from pitstop.project.eager import eager
from pitstop.project.facts import Attr, Call, Expr, Name, Op, Return, dotted
from pitstop.project.loads import Load
from pitstop.project.model import FunctionInfo
from pitstop.project.queries import Query
from pitstop.project.sites import Site
from pitstop.project.statements import Part, options
from pitstop.project.traits import is_memoised

if TYPE_CHECKING:
    from pitstop.project import Project
    from pitstop.project.orm import Model

_LONGEST = 5
"""Calls between a function and a read that it is told of."""
_DEEPEST = 40
_MOST = 60
"""Reads that are kept of one function."""
_CHANGES_WHAT_IS_READ = {
    "with_for_update",
    "join",
    "outerjoin",
    "select_from",
    "execution_options",
    "offset",
    "populate_existing",
}
_SESSION_NAMES = {"db", "session", "db_session", "async_session", "conn", "connection"}
_CACHES = ("cache", "memo")
Key = tuple[str, tuple[tuple[str, Symbol], ...]]
"""The class or the function that is asked, and with which values."""


@dataclass(frozen=True, slots=True)
class Lookup:
    """One read, with the way to it from the function that it is told of."""

    steps: tuple[Step, ...]
    query: Query
    key: Key
    is_row: bool
    """Whether the key names a row of a class; else a function with all its arguments."""
    own_session: bool
    """Whether the session is opened on the way, and so knows no row that another has loaded."""
    session: Symbol | None
    options: frozenset[str]

    @property
    def site(self) -> Site:
        """Where it stands in the function it is told of."""
        return self.steps[0].site

    @property
    def target(self) -> str:
        """The function called there, or the method of the session."""
        return self.steps[1].function.name if len(self.steps) > 1 else self.query.method


class Lookups:
    """The reads of each function, those of the functions it calls among them."""

    def __init__(self, project: Project) -> None:
        self._project = project
        self._known: dict[str, tuple[Lookup, ...]] = {}
        self._depth = 0

    def of(self, function: FunctionInfo) -> tuple[Lookup, ...]:
        """The reads of a function, in the order of the text."""
        known = self._known.get(function.qualname)
        if known is not None:
            return known
        # What calls itself, and what lies very deep, is told of nobody.
        self._known[function.qualname] = ()
        if is_memoised(function) or keeps(function) or self._depth > _DEEPEST:
            return ()
        self._depth += 1
        found = [*self._direct(function), *self._called(function)]
        self._depth -= 1
        found.sort(key=lambda lookup: lookup.site.node.at)
        self._known[function.qualname] = tuple(found[:_MOST])
        return self._known[function.qualname]

    # --- reads of a function itself --------------------------------------------------------------------------------

    @cached_property
    def _loads(self) -> dict[str, list[Load]]:
        found: dict[str, list[Load]] = {}
        for load in self._project.loads.all:
            found.setdefault(load.function.qualname, []).append(load)
        return found

    def _direct(self, function: FunctionInfo) -> Iterator[Lookup]:
        for load in self._loads.get(function.qualname, ()):
            if load.site.in_lambda or _is_for_a_lock(load):
                continue
            steps = (Step(function, load.site),)
            own, session = self._session(load.query)
            told = self._row(load)
            if told is not None:
                key, loaded = told
                yield Lookup(steps, load.query, key, True, own, session, loaded)
            arguments = self._arguments(function)
            if arguments is not None:
                text = f"{function.qualname}@{load.site.node.at}"
                yield Lookup(steps, load.query, (text, arguments), False, own, session, frozenset())

    def _session(self, query: Query) -> tuple[bool, Symbol | None]:
        expr: Expr = query.session
        while isinstance(expr, Call) and isinstance(expr.func, Attr):
            expr = expr.func.value
        root = dotted(expr).partition(".")[0]
        bound = query.function.bindings.get(root, ())
        own = isinstance(expr, Call) or any(
            b.how == "enter" or (b.how == "value" and isinstance(b.value, Call)) for b in bound
        )
        return own, symbol(self._project.types, expr, query.function)

    def _row(self, load: Load) -> tuple[Key, frozenset[str]] | None:
        """The one row that a query reads, and what it loads along."""
        query, function, statement = load.query, load.function, load.statement
        model = self._project.models.all.get(load.model)
        if model is None:
            return None
        if query.method in {"get", "get_one"}:
            return self._by_key(query, model)
        if statement.unknown or statement.parameters or statement.of(*_CHANGES_WHAT_IS_READ):
            return None
        if len(statement.of("select")) != 1:
            # A name that is used for one statement after another.
            return None
        values = {
            column: value
            for part in statement.of("where", "filter", "filter_by")
            if part.scope is function
            for column, value in self._equal(part, model, function)
        }
        columns = _unique(model, values)
        if not columns:
            return None
        loaded = {e.path for e in eager(self._project.types, statement)}
        for part in statement.of("options"):
            module = part.scope.module if isinstance(part.scope, FunctionInfo) else part.scope
            loaded |= {module.text(o) for o in options(part)}
        return (model.name, tuple((c, values[c]) for c in columns)), frozenset(loaded)

    def _by_key(self, query: Query, model: Model) -> tuple[Key, frozenset[str]] | None:
        call = query.site.node
        position = 0 if query.statement is query.session else 1
        if not isinstance(call, Call) or len(call.args) != position + 1 or call.keywords:
            return None
        value = symbol(self._project.types, call.args[position], query.function)
        key = _primary(model)
        return (
            ((model.name, ((key[0], value),)), frozenset()) if value is not None and len(key) == 1 else None
        )

    def _equal(self, part: Part, model: Model, function: FunctionInfo) -> Iterator[tuple[str, Symbol]]:
        types = self._project.types
        if part.method == "filter_by":
            for keyword in part.call.keywords:
                value = symbol(types, keyword.value, function)
                if keyword.name in model.columns and value is not None:
                    yield str(keyword.name), value
        todo = list(part.call.args)
        while todo:
            node = todo.pop()
            if isinstance(node, Op) and node.op in {"BitAnd", "And"}:
                todo.extend(node.operands)
            elif isinstance(node, Op) and node.op == "Eq" and len(node.operands) == 2:
                for left, right in (node.operands, node.operands[::-1]):
                    found = self._project.queries.column(left, function)
                    value = symbol(types, right, function)
                    if found is not None and found[0] is model and value is not None:
                        yield found[1].attribute, value

    def _arguments(self, function: FunctionInfo) -> tuple[tuple[str, Symbol], ...] | None:
        """What a function is handed besides a session; None where it depends on more than that."""
        if function.parent is not None or function.yields:
            return None
        names = []
        for parameter in function.node.parameters:
            if parameter.kind:
                return None
            given = self._project.types.parameter(parameter, function)
            if parameter.name in _SESSION_NAMES or is_session(self._project.types, given):
                continue
            names.append(parameter.name)
        return tuple((name, ("param", name)) for name in names)

    # --- reads of the functions it calls -----------------------------------------------------------------------------

    def _called(self, function: FunctionInfo) -> Iterator[Lookup]:
        for edge in self._project.calls.edges(function):
            call = edge.site.node
            if edge.kind != "call" or edge.choice or edge.site.in_lambda or not isinstance(call, Call):
                continue
            for lookup in self.of(edge.target):
                if len(lookup.steps) > _LONGEST:
                    continue
                moved = self._moved(lookup, call, edge.target, function)
                if moved is not None:
                    yield replace(moved, steps=(Step(function, edge.site), *lookup.steps))

    def _moved(self, lookup: Lookup, call: Call, target: FunctionInfo, caller: FunctionInfo) -> Lookup | None:
        types = self._project.types
        values = []
        for name, value in lookup.key[1]:
            moved = substituted(types, value, call, target, caller)
            if moved is None:
                return None
            values.append((name, moved))
        session = substituted(types, lookup.session, call, target, caller)
        own = lookup.own_session or _opened(session, caller)
        return replace(lookup, key=(lookup.key[0], tuple(values)), session=session, own_session=own)


def _is_for_a_lock(load: Load) -> bool:
    """Whether a statement is sent to wait for a lock, each time anew: `SELECT pg_advisory_xact_lock(1)`."""
    statement = load.query.statement
    return statement is not None and takes_a_lock(load.function.module.text(statement))


def _opened(session: Symbol | None, caller: FunctionInfo) -> bool:
    """Whether a session that a call hands on is opened where it is handed on."""
    if session is None or session[0] != "local":
        return False
    return any(b.how == "enter" for b in caller.bindings.get(str(session[2]), ()))


def keeps(function: FunctionInfo) -> bool:
    """Whether a function looks into a cache, by the names in it and in its decorators."""
    named = [dotted(d.func if isinstance(d, Call) else d) for d in function.node.decorators]
    named += [s.node.attr for s in function.sites if isinstance(s.node, Attr)]
    named += [s.node.id for s in function.sites if isinstance(s.node, Name)]
    return any(word in name.lower() for name in named for word in _CACHES)


def _primary(model: Model) -> list[str]:
    return [c.attribute for c in model.columns.values() if c.primary_key]


def _unique(model: Model, values: dict[str, Symbol]) -> list[str]:
    """The columns among those compared that tell one row: the key, or one that is unique."""
    key = _primary(model)
    if key and all(c in values for c in key):
        return key
    return next(([c] for c in values if model.columns[c].unique), [])


def returns_before(step: Step) -> bool:
    """Whether a function may return before it comes to a site."""
    return any(
        isinstance(statement, Return) and statement.line < step.site.node.line
        for statement in step.function.statements
    )
