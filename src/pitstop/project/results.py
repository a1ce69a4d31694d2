"""How entities and loader options travel from `select(...)` to the rows that code loops over."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from pitstop.project.facts import Attr, Call, Expr, Name, Seq, Star
from pitstop.project.model import UNKNOWN, FunctionInfo, Module, Type, instance

if TYPE_CHECKING:
    from pitstop.project.inference import Inference

SELECT = "sqlalchemy.Select"
QUERY = "sqlalchemy.orm.Query"
ROW = "sqlalchemy.Row"
RESULT = "sqlalchemy.Result"
SCALARS = "sqlalchemy.ScalarResult"

SYNC_SESSIONS = {
    "sqlalchemy.orm.Session",
    "sqlalchemy.orm.scoped_session",
    "sqlalchemy.Connection",
    "sqlalchemy.Engine",
}
ASYNC_SESSIONS = {
    "sqlalchemy.ext.asyncio.AsyncSession",
    "sqlalchemy.ext.asyncio.async_scoped_session",
    "sqlalchemy.ext.asyncio.AsyncConnection",
}
SESSIONS = SYNC_SESSIONS | ASYNC_SESSIONS
_LOADERS = {"selectinload", "joinedload", "subqueryload", "immediateload", "contains_eager"}
_MAKERS = {
    "sqlalchemy.orm.sessionmaker": "sqlalchemy.orm.Session",
    "sqlalchemy.orm.scoped_session": "sqlalchemy.orm.Session",
    "sqlalchemy.ext.asyncio.async_sessionmaker": "sqlalchemy.ext.asyncio.AsyncSession",
    "sqlalchemy.ext.asyncio.async_scoped_session": "sqlalchemy.ext.asyncio.AsyncSession",
}
_CALLS = {
    "sqlalchemy.create_engine": "sqlalchemy.Engine",
    "sqlalchemy.ext.asyncio.create_async_engine": "sqlalchemy.ext.asyncio.AsyncEngine",
}
_NAMED = 3
"""How many names and functions a loader option is followed through."""
_LISTS = {"all", "fetchall", "fetchmany", "partitions"}
_ONES = {"first", "one", "one_or_none", "fetchone"}
_SCALAR_ONES = {"scalar", "scalar_one", "scalar_one_or_none"}


def call_type(
    inference: Inference, call: Call, target: Type, scope: FunctionInfo | Module, depth: int
) -> Type | None:
    """The type of a call into SQLAlchemy or SQLModel; None when it is not one."""
    if not target and _queries_model(inference, call, scope, depth):
        return _select(inference, call, QUERY, scope, depth)
    if target.kind != "external":
        return None
    name = target.name
    if name in {"sqlalchemy.select", SELECT}:
        return _select(inference, call, SELECT, scope, depth)
    if name in _CALLS:
        return instance(_CALLS[name])
    if name in _MAKERS:
        made = _session_class(inference, call, scope, depth) or _MAKERS[name]
        return Type("instance", name, (instance(made),))
    if not target.args:
        return None
    receiver, method = target.args[0], name.rpartition(".")[2]
    if receiver.name in _MAKERS and method == "begin":
        return receiver.args[0] if receiver.args else instance(_MAKERS[receiver.name])
    return _method(inference, call, receiver, method, scope, depth)


def _queries_model(inference: Inference, call: Call, scope: FunctionInfo | Module, depth: int) -> bool:
    """Whether something untyped is asked for the rows of a mapped class: `db.query(Order)` is a session's, whatever `db` is."""
    if not (isinstance(call.func, Attr) and call.func.attr == "query" and call.args):
        return False
    first = call.args[0]
    found = inference.type_of(first.value if isinstance(first, Attr) else first, scope, depth)
    return (
        found.kind == "class"
        and found.name in inference.models.all
        and not inference.type_of(call.func.value, scope, depth)
    )


def called_instance(receiver: Type) -> Type | None:
    """What calling an object of SQLAlchemy gives: a session maker makes sessions."""
    if receiver.name in _MAKERS:
        return receiver.args[0] if receiver.args else instance(_MAKERS[receiver.name])
    return None


def element(container: Type) -> Type | None:
    """What iterating over a result gives; None when it is not a result."""
    match container.name:
        case "sqlalchemy.ScalarResult" | "sqlalchemy.orm.Query":
            return container.args[0] if container.args else UNKNOWN
        case "sqlalchemy.Result":
            return _row(container)
        case _:
            return None


def entered(manager: Type) -> Type | None:
    """What `with manager as x` binds, for engines and session makers."""
    if manager.name in {"sqlalchemy.Engine.begin()", "sqlalchemy.Engine.connect()"}:
        return instance("sqlalchemy.Connection")
    if manager.name in {
        "sqlalchemy.ext.asyncio.AsyncEngine.begin()",
        "sqlalchemy.ext.asyncio.AsyncEngine.connect()",
    }:
        return instance("sqlalchemy.ext.asyncio.AsyncConnection")
    return None


def loader_chain(
    inference: Inference, expr: Expr, scope: FunctionInfo | Module, depth: int = 0, followed: int = 0
) -> set[str]:
    """Relationships, as `Order.items`, that a loader option such as `selectinload(Order.items)` loads along."""
    found: set[str] = set()
    while isinstance(expr, Call):
        func = expr.func
        name = func.attr if isinstance(func, Attr) else getattr(func, "id", "")
        if name == "options":
            # `joinedload(Order.customer).options(joinedload(Customer.address), ...)`
            for argument in _flattened(expr.args):
                found |= loader_chain(inference, argument, scope, depth, followed)
        if name in _LOADERS:
            for argument in expr.args:
                if isinstance(argument, Attr):
                    owner = inference.type_of(argument.value, scope, depth)
                    relation = inference.models.relationship(owner.name, argument.attr)
                    found.add(
                        relation.qualname if relation else f"{owner.name.rpartition('.')[2]}.{argument.attr}"
                    )
        if followed < _NAMED and name not in _LOADERS:
            # `.options(*order_options())`: a function of the project that gives options.
            made = inference.index.functions.get(inference.type_of(func, scope, depth).name)
            if made is not None:
                for option in _flattened(made.returns):
                    found |= loader_chain(inference, option, made, depth, followed + 1)
        if not isinstance(func, Attr):
            break
        expr = func.value
    if isinstance(expr, Name) and isinstance(scope, FunctionInfo) and followed < _NAMED:
        # `option = selectinload(...)`, and `option = option.joinedload(...)` in a branch.
        for binding in scope.bindings.get(expr.id, ()):
            if binding.how == "value" and isinstance(binding.value, Call) and not binding.index:
                found |= loader_chain(inference, binding.value, scope, depth, followed + 1)
    return found


def _session_class(inference: Inference, call: Call, scope: FunctionInfo | Module, depth: int) -> str:
    given = call.keyword("class_")
    if given is None:
        bound = call.argument(0, "bind")
        if (
            bound is not None
            and inference.type_of(bound, scope, depth).name == "sqlalchemy.ext.asyncio.AsyncEngine"
        ):
            return "sqlalchemy.ext.asyncio.AsyncSession"
        return ""
    return inference.type_of(given, scope, depth).name


def _select(inference: Inference, call: Call, kind: str, scope: FunctionInfo | Module, depth: int) -> Type:
    module = scope.module if isinstance(scope, FunctionInfo) else scope
    origin = (module.path, call.at)
    entities = []
    for argument in call.args:
        if isinstance(argument, Star):
            return Type("instance", kind, (UNKNOWN,), origin=origin)
        found = inference.type_of(argument, scope, depth)
        if found.kind == "class":
            entities.append(
                Type("instance", found.name, loaded=inference.models.eager(found.name), origin=origin)
            )
        else:
            entities.append(UNKNOWN)
    return Type("instance", kind, tuple(entities), origin=origin)


def _method(
    inference: Inference, call: Call, receiver: Type, method: str, scope: FunctionInfo | Module, depth: int
) -> Type | None:
    match receiver.name:
        case "sqlalchemy.Select" | "sqlalchemy.orm.Query":
            return _statement_method(inference, call, receiver, method, scope, depth)
        case "sqlalchemy.Result":
            return _result_method(receiver, method)
        case "sqlalchemy.ScalarResult":
            first = receiver.args[0] if receiver.args else UNKNOWN
            if method in _LISTS:
                return instance("list", first)
            return first if method in _ONES else receiver
    sessions = SESSIONS & {receiver.name, *inference.external_bases(receiver.name)}
    if sessions:
        found = _session_method(inference, call, method, scope, depth)
        if found is not None and sessions & ASYNC_SESSIONS:
            return Type("coroutine", "", (found,))
        return found
    return None


def _statement_method(
    inference: Inference, call: Call, receiver: Type, method: str, scope: FunctionInfo | Module, depth: int
) -> Type:
    first = receiver.args[0] if receiver.args else UNKNOWN
    if receiver.name == QUERY:
        if method in {"all", "yield_per"}:
            return instance("list", _entity(receiver))
        if method in {*_ONES, "get", "scalar"}:
            return _entity(receiver)
        if method in {"count", "delete", "update"}:
            return instance("int")
        if method == "exists":
            return UNKNOWN
    if method == "options":
        loaded: set[str] = set()
        for argument in _flattened(call.args):
            loaded |= loader_chain(inference, argument, scope, depth)
        entities = tuple(replace(a, loaded=a.loaded | loaded) for a in receiver.args)
        return replace(receiver, args=entities, loaded=receiver.loaded | loaded)
    if method in {
        "with_only_columns",
        "with_entities",
        "subquery",
        "cte",
        "scalar_subquery",
        "exists",
        "alias",
    }:
        return UNKNOWN
    if method == "scalars":
        return Type("instance", SCALARS, (first,))
    return receiver


def _flattened(arguments: tuple[Expr, ...]) -> list[Expr]:
    found: list[Expr] = []
    for argument in arguments:
        inner = argument.value if isinstance(argument, Star) else argument
        found.extend(inner.items if isinstance(inner, Seq) else (inner,))
    return found


def _entity(statement: Type) -> Type:
    return statement.args[0] if len(statement.args) == 1 else Type("instance", ROW, statement.args)


def _row(result: Type) -> Type:
    return Type("instance", ROW, result.args)


def _result_method(receiver: Type, method: str) -> Type:
    first = receiver.args[0] if receiver.args else UNKNOWN
    if method == "scalars":
        return Type("instance", SCALARS, (first,))
    if method in _LISTS:
        return instance("list", _row(receiver))
    if method in _ONES:
        return _row(receiver)
    if method in _SCALAR_ONES:
        return first
    return receiver if method == "unique" else UNKNOWN


def _session_method(
    inference: Inference, call: Call, method: str, scope: FunctionInfo | Module, depth: int
) -> Type | None:
    if method == "query":
        return _select(inference, call, QUERY, scope, depth)
    first = inference.type_of(call.args[0], scope, depth) if call.args else UNKNOWN
    entities = first.args if first.name == SELECT else ()
    match method:
        case "execute" | "stream":
            return Type("instance", RESULT, entities)
        case "scalars" | "stream_scalars":
            return Type("instance", SCALARS, entities[:1])
        case "exec":
            if len(entities) == 1:
                return Type("instance", SCALARS, entities)
            return Type("instance", RESULT, entities)
        case "scalar":
            return entities[0] if entities else UNKNOWN
        case "get" | "get_one" | "merge":
            if first.kind != "class":
                return first if method == "merge" else UNKNOWN
            loaded: set[str] = set(inference.models.eager(first.name))
            options = call.keyword("options")
            if isinstance(options, Seq):
                for option in options.items:
                    loaded |= loader_chain(inference, option, scope, depth)
            module = scope.module if isinstance(scope, FunctionInfo) else scope
            return Type("instance", first.name, loaded=frozenset(loaded), origin=(module.path, call.at))
        case "connection":
            return instance("sqlalchemy.Connection")
        case _:
            return None
