"""Values that can be recognised again: a parameter, a constant, an attribute of such, what a dependency hands over."""

from __future__ import annotations

from pitstop.project.facts import Assign, Attr, Call, Const, Expr, Name, Sub, string
from pitstop.project.inference import Inference
from pitstop.project.loads import handed
from pitstop.project.model import FunctionInfo, Type
from pitstop.project.results import SESSIONS

Symbol = tuple[object, ...]
"""`("param", name)`, `("local", function, name)`, `("const", value)`, `("global", name)`, `("attr", symbol, name)`.

`("made", class)` is an object made of nothing but a session. A request has `("path", name)` and `("dep", function)`.
"""

_REQUESTS = {"fastapi.Request", "starlette.requests.Request", "fastapi.requests.Request"}
_CASTS = {"builtins.int", "builtins.str", "int", "str", "uuid.UUID"}
_NESTED = 6


def symbol(types: Inference, expr: Expr | None, function: FunctionInfo, depth: int = 0) -> Symbol | None:
    """What names the value of an expression; None where it cannot be told or may change."""
    if depth > _NESTED:
        return None
    match expr:
        case Const():
            return ("const", str(expr.value))
        case Name():
            return _name(types, expr, function, depth)
        case Attr():
            base = symbol(types, expr.value, function, depth + 1)
            if base is None or _is_set(function, expr.attr):
                return None
            return ("attr", base, expr.attr)
        case Sub() if isinstance(expr.value, Attr) and expr.value.attr == "path_params":
            if types.type_of(expr.value.value, function).name in _REQUESTS and string(expr.index):
                return ("path", string(expr.index))
        case Call():
            if len(expr.args) == 1 and types.type_of(expr.func, function).name in _CASTS:
                return symbol(types, expr.args[0], function, depth + 1)
            return _made(types, expr, function)
    return None


def _made(types: Inference, call: Call, function: FunctionInfo) -> Symbol | None:
    """`Repository(session)`, `Repository.of(session)`: two of them ask the same."""
    found = types.type_of(call, function)
    given = (*call.args, *(k.value for k in call.keywords))
    if found.kind != "instance" or found.name not in types.index.classes or found.name in types.models.all:
        return None
    return ("made", found.name) if all(is_session(types, types.type_of(a, function)) for a in given) else None


def is_session(types: Inference, found: Type) -> bool:
    """Whether something is a session or a connection."""
    return bool(SESSIONS & {found.name, *types.external_bases(found.name)})


def _name(types: Inference, name: Name, function: FunctionInfo, depth: int) -> Symbol | None:
    bound = function.bindings.get(name.id)
    if not bound:
        if function.parent is not None:
            return None
        known = types.index.member(function.module, name.id)
        return (
            "global",
            known.target
            if known is not None and known.how == "import"
            else f"{function.module.name}.{name.id}",
        )
    if len(bound) > 1:
        return None
    if bound[0].how == "parameter":
        return ("param", name.id)
    if (
        bound[0].how == "value"
        and not bound[0].index
        and isinstance(bound[0].value, (Name, Attr, Const, Call))
    ):
        inner = symbol(types, bound[0].value, function, depth + 1)
        if inner is not None:
            return inner
    return ("local", function.qualname, name.id)


def _is_set(function: FunctionInfo, attribute: str) -> bool:
    """Whether a function gives an attribute of this name a new value."""
    return any(
        isinstance(target, Attr) and target.attr == attribute
        for statement in function.statements
        if isinstance(statement, Assign)
        for target in statement.targets
    )


def substituted(
    types: Inference, found: Symbol | None, call: Call, target: FunctionInfo, caller: FunctionInfo
) -> Symbol | None:
    """A value of `target`, as the function that calls it names it."""
    if found is None:
        return None
    match found[0]:
        case "const" | "global" | "made" | "path":
            return found
        case "attr":
            base = substituted(types, found[1], call, target, caller)  # type: ignore[arg-type] # an attr holds a symbol
            return None if base is None else ("attr", base, found[2])
        case "param":
            return _argument(types, str(found[1]), call, target, caller)
    return None


def _argument(
    types: Inference, name: str, call: Call, target: FunctionInfo, caller: FunctionInfo
) -> Symbol | None:
    given = handed(call, target, name)
    if given is not None:
        return symbol(types, given, caller)
    if any(k.name is None for k in call.keywords) or any(type(a).__name__ == "Star" for a in call.args):
        return None
    parameter = next((p for p in target.node.parameters if p.name == name), None)
    default = parameter.default if parameter is not None else None
    return ("const", str(default.value)) if isinstance(default, Const) else None
