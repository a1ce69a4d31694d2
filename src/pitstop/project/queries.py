"""Query sites: where statements are sent, what they read, and by which columns they filter."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from pitstop.project.branches import NOTHING, Facts, runs
from pitstop.project.calls import Calls, Step
from pitstop.project.drivers import reads, selects
from pitstop.project.facts import Attr, Call, Const, Expr, Name, Op, dotted
from pitstop.project.index import Index
from pitstop.project.indexes import DIRECTIONS
from pitstop.project.inference import Inference
from pitstop.project.model import FunctionInfo, Module, Type
from pitstop.project.orm import Column, Model
from pitstop.project.results import ASYNC_SESSIONS, QUERY, SELECT, SYNC_SESSIONS
from pitstop.project.sites import Site
from pitstop.project.traits import is_memoised

_SENDERS = {"execute", "scalars", "scalar", "stream", "stream_scalars", "exec", "get", "get_one"}
LOOKUPS = frozenset({"get", "get_one"})
"""Methods of sessions that give a row by its key, and send nothing when they hold it."""
_TERMINAL = {"all", "first", "one", "one_or_none", "scalar", "count", "get"}
WRITES = ("sqlalchemy.insert", "sqlalchemy.update", "sqlalchemy.delete", "sqlalchemy.dialects")
_RANGES = {"Lt", "LtE", "Gt", "GtE"}


@dataclass(frozen=True, slots=True)
class Query:
    """One place that sends a reading statement; `statement` is None where it is no statement of SQLAlchemy."""

    function: FunctionInfo
    site: Site
    method: str
    session: Expr
    statement: Expr | None
    model: str
    is_async: bool


@dataclass(frozen=True, slots=True)
class Filter:
    """A column compared in a `where`, or that the rows are ordered by."""

    model: Model
    column: Column
    kind: str
    """equal, range, order, join."""
    node: Expr
    function: FunctionInfo
    statement: tuple[str, int]
    """The statement it belongs to, by path and place of its `select`."""
    root: str = ""
    """The class that the statement selects first."""
    among: bool = False
    """Whether it is compared with many values: `in_`."""
    joined: str = ""
    """The class that the join brings in whose condition this is."""


class Queries:
    """All query sites of a project."""

    def __init__(self, index: Index, inference: Inference, calls: Calls) -> None:
        self._index = index
        self._inference = inference
        self._calls = calls
        self._direct: dict[str, tuple[Query, ...]] = {}
        self._reads_of: dict[str, tuple[Query, ...]] = {}

    def direct(self, function: FunctionInfo) -> tuple[Query, ...]:
        """The reading statements that a function sends itself."""
        if function.qualname not in self._direct:
            found = (self._query(function, site) for site in function.calls)
            self._direct[function.qualname] = tuple(q for q in found if q is not None)
        return self._direct[function.qualname]

    def reads(self, function: FunctionInfo) -> tuple[Query, ...]:
        """The statements of `direct`, and what the function reads through other drivers and mappers, in the order of the text."""
        if function.qualname not in self._reads_of:
            direct = self.direct(function)
            known = {id(query.site.node) for query in direct}
            others = (self._other(function, site) for site in function.calls if id(site.node) not in known)
            found = (*direct, *(query for query in others if query is not None))
            self._reads_of[function.qualname] = tuple(sorted(found, key=lambda query: query.site.node.at))
        return self._reads_of[function.qualname]

    def _other(self, function: FunctionInfo, site: Site) -> Query | None:
        call = site.node
        if not isinstance(call, Call) or not isinstance(call.func, Attr):
            return None
        name = self._calls.external_name(call, function)
        found, model = (
            reads(name, self._inference.type_of(call.func, function), call) if name else (False, "")
        )
        if not found or (name.startswith("tortoise.") and not site.awaited):
            # A query set of Tortoise asks when it is awaited.
            return None
        return Query(function, site, call.func.attr, call.func.value, None, model, site.awaited)

    def find(
        self,
        function: FunctionInfo,
        by: Step | None = None,
        under: Sequence[Facts] = (NOTHING,),
        *,
        lookups: bool = True,
    ) -> tuple[tuple[Step, ...], Query] | None:
        """The shortest way from a function to a reading statement, outside of background tasks.

        A way without branches is preferred: whether a site on the way returned is `conditional` tells if it runs always. What
        the call `by` which the function is called excludes by its arguments is not followed; of the parameters around that
        call one of `under` is known. Without `lookups`, what a session may hold already is none: `session.get(Order, key)`.
        """
        for facts in self._calls.values.given(function, by, under):
            found = self._find(function, facts, always=True, lookups=lookups) or self._find(
                function, facts, always=False, lookups=lookups
            )
            if found is not None:
                return found
        return None

    def _find(
        self, function: FunctionInfo, facts: Facts, *, always: bool, lookups: bool
    ) -> tuple[tuple[Step, ...], Query] | None:
        seen = {(function.qualname, facts)}
        todo: deque[tuple[FunctionInfo, Facts, tuple[Step, ...]]] = deque([(function, facts, ())])
        while todo:
            current, known, path = todo.popleft()
            for query in self.reads(current):
                if always and (query.site.conditional or query.site.rescue):
                    continue
                if not lookups and query.method in LOOKUPS:
                    continue
                if runs(query.site, known):
                    return (*path, Step(current, query.site)), query
            for edge, passed in self._calls.values.followed(current, known):
                if always and (edge.site.conditional or edge.site.rescue or edge.choice):
                    continue
                if edge.kind not in {"call", "property", "runs-sync"} or is_memoised(edge.target):
                    continue
                if (edge.target.qualname, passed) not in seen:
                    seen.add((edge.target.qualname, passed))
                    todo.append((edge.target, passed, (*path, Step(current, edge.site))))
        return None

    def session_kind(self, expr: Expr, scope: FunctionInfo | Module) -> str:
        """`async`, `sync` or nothing, for the object that an expression gives."""
        found = self._inference.type_of(expr, scope)
        names = {found.name, *self._inference.external_bases(found.name)}
        if names & ASYNC_SESSIONS:
            return "async"
        return "sync" if names & SYNC_SESSIONS else ""

    def _query(self, function: FunctionInfo, site: Site) -> Query | None:
        call = site.node
        if not isinstance(call, Call) or not isinstance(call.func, Attr):
            return None
        method = call.func.attr
        if method not in _SENDERS and method not in _TERMINAL:
            return None
        receiver = self._inference.type_of(call.func.value, function)
        if receiver.name == QUERY and method in _TERMINAL:
            return Query(
                function,
                site,
                method,
                call.func.value,
                call.func.value,
                self._model(receiver, function),
                is_async=False,
            )
        if method not in _SENDERS:
            return None
        first = call.args[0] if call.args else call.keyword("statement")
        sent = self._inference.type_of(first, function) if first is not None else None
        kind = self.session_kind(call.func.value, function)
        if not kind:
            # An untyped session is still one when it is handed a select, or a model and a key.
            if sent is None or receiver:
                return None
            is_lookup = method in LOOKUPS and sent.kind == "class" and sent.name in self._inference.models.all
            if sent.name != SELECT and not is_lookup:
                return None
            kind = "async" if site.awaited else "sync"
        if sent is not None and sent.name.startswith(WRITES):
            return None
        if method == "execute" and not self._reads(first, sent, function):
            return None
        model = self._model(sent, function) if sent is not None else ""
        if method in LOOKUPS and len(call.args) + len(call.keywords) < 2:
            return None
        return Query(function, site, method, call.func.value, first, model, kind == "async")

    def _reads(self, first: Expr | None, sent: Type | None, function: FunctionInfo) -> bool:
        """Whether what is executed is a select, or text that starts as one; DDL and the unknown do not count."""
        if sent is not None and sent.name == SELECT:
            return True
        while isinstance(first, Call) and first.args:
            if self._inference.type_of(first.func, function).name != "sqlalchemy.text":
                return False
            first = first.args[0]
        return selects(first)

    def _model(self, sent: Type, function: FunctionInfo) -> str:
        """The class with a table that a statement reads first, as itself or by one of its columns; empty if not known."""
        if sent.kind == "class":
            return sent.name if self._is_mapped(sent.name) else ""
        if sent.kind != "instance":
            return ""
        named = next((a.name for a in sent.args if self._is_mapped(a.name)), "")
        if named or sent.origin is None or sent.origin[0] != function.module.path:
            return named
        for site in function.calls:
            if site.node.at == sent.origin[1] and isinstance(site.node, Call):
                columns = (self.column(_innermost(argument), function) for argument in site.node.args)
                return next((found[0].name for found in columns if found is not None), "")
        return ""

    def _is_mapped(self, name: str) -> bool:
        """Whether a class has a table: its own, that of a class it extends, or one that another package names."""
        models = self._inference.models.all
        if name in models or name not in self._index.classes:
            return name in models
        return any(cls.qualname in models for cls in self._inference.mro(name)) or any(
            base.startswith("fastapi_users_db_sqlalchemy.") for base in self._inference.external_bases(name)
        )

    # --- filters ---------------------------------------------------------------------------------------------------

    def filters(self, function: FunctionInfo) -> Iterator[Filter]:
        """Columns that the statements built in a function filter, join or order by."""
        for site in function.calls:
            call = site.node
            if not isinstance(call, Call) or not isinstance(call.func, Attr):
                continue
            method = call.func.attr
            if method not in {"where", "filter", "filter_by", "join", "outerjoin", "order_by"}:
                continue
            receiver = self._inference.type_of(call.func.value, function)
            if receiver.name not in {SELECT, QUERY}:
                continue
            origin = receiver.origin or (function.module.path, call.at)
            root = receiver.args[0].name if receiver.args else ""
            if method == "filter_by":
                model = self._inference.models.all.get(receiver.args[0].name if receiver.args else "")
                for keyword in call.keywords:
                    column = model.columns.get(keyword.name or "") if model is not None else None
                    if model is not None and column is not None:
                        yield Filter(model, column, "equal", keyword.value, function, origin)
                continue
            for argument in call.args:
                if method == "order_by":
                    yield from self._order(argument, function, origin)
                else:
                    for found in self._conditions(argument, function, origin, method):
                        yield replace(found, root=root, joined=self._joined(call, method, function))

    def _joined(self, call: Call, method: str, function: FunctionInfo) -> str:
        if method not in {"join", "outerjoin"}:
            return ""
        if isinstance(call.args[0], Attr):
            # A relationship, most often, which says itself by what rows are found.
            return ""
        found = self._inference.type_of(call.args[0], function)
        return found.name if found.kind == "class" else "?"

    def _conditions(
        self, expr: Expr, function: FunctionInfo, origin: tuple[str, int], method: str
    ) -> Iterator[Filter]:
        match expr:
            case Op() if expr.op in {"Eq", *_RANGES}:
                kind = "equal" if expr.op == "Eq" else "range"
                columns = [self.column(operand, function) for operand in expr.operands]
                known = [(c, o) for c, o in zip(columns, expr.operands, strict=True) if c is not None]
                for (model, column), operand in known:
                    joined = len(known) > 1 or method in {"join", "outerjoin"}
                    yield Filter(model, column, "join" if joined else kind, operand, function, origin)
            case Op() if expr.op in {"BitAnd", "And"}:
                for operand in expr.operands:
                    yield from self._conditions(operand, function, origin, method)
            case Call() if isinstance(expr.func, Attr) and expr.func.attr == "between":
                found = self.column(expr.func.value, function)
                if found is not None:
                    yield Filter(*found, "range", expr.func.value, function, origin)
            case Call() if isinstance(expr.func, Attr) and expr.func.attr == "in_":
                found = self.column(expr.func.value, function)
                if found is not None:
                    yield Filter(*found, "equal", expr.func.value, function, origin, among=True)
            case Call() if self._inference.type_of(expr.func, function).name.endswith("and_"):
                for argument in expr.args:
                    yield from self._conditions(argument, function, origin, method)

    def _order(self, expr: Expr, function: FunctionInfo, origin: tuple[str, int]) -> Iterator[Filter]:
        inner: Expr = expr
        while isinstance(inner, Call):
            # `Order.made.desc()`, `desc(Order.made)`, and `nulls_last(...)` around either.
            if dotted(inner.func).rpartition(".")[2] in DIRECTIONS and inner.args:
                inner = inner.args[0]
            elif isinstance(inner.func, Attr):
                inner = inner.func.value
            else:
                return
        found = self.column(inner, function)
        if found is not None:
            yield Filter(*found, "order", inner, function, origin)

    def column(self, expr: Expr, scope: FunctionInfo | Module) -> tuple[Model, Column] | None:
        """The model and column that `Model.attribute` names."""
        if not isinstance(expr, Attr) or not isinstance(expr.value, (Name, Attr)):
            return None
        owner = self._inference.type_of(expr.value, scope)
        if owner.kind != "class":
            return None
        model = self._inference.models.all.get(owner.name)
        column = model.columns.get(expr.attr) if model is not None else None
        return (model, column) if model is not None and column is not None else None


def _innermost(expr: Expr) -> Expr:
    """The column in `func.count(Order.id)` or `Order.total.label("total")`."""
    while isinstance(expr, Call):
        if expr.args and not isinstance(expr.args[0], Const):
            expr = expr.args[0]
        elif isinstance(expr.func, Attr):
            expr = expr.func.value
        else:
            break
    return expr
