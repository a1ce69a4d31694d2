"""How long an object lives that a function builds: for the call at hand, or for longer."""

from __future__ import annotations

from pitstop.project.facts import Assign, Attr, Await, Call, Expr, Lambda, Name, Sub, With, children, dotted
from pitstop.project.model import FunctionInfo
from pitstop.project.traits import is_memoised

_STORES = {"add", "append", "insert", "put", "set", "setdefault", "setattr", "update"}
_PER_CALL_OWNERS = {"kwargs", "options", "params", "args"}


def outlives(function: FunctionInfo, node: Expr) -> bool:
    """Whether what an expression builds outlives the call: the function remembers it, in a global, an attribute or a container.

    `self.engine = ...` in `__init__` lives as long as its object, so it does not count by itself.
    """
    if is_memoised(function):
        return True
    names = {target.id for target in _targets(function, node) if isinstance(target, Name)}
    for target in _targets(function, node):
        if _is_lasting(function, target):
            return True
    for statement in function.statements:
        if (
            isinstance(statement, Assign)
            and isinstance(statement.value, Name)
            and statement.value.id in names
            and any(_is_lasting(function, target) for target in statement.targets)
        ):
            return True
    for site in function.calls:
        call = site.node
        assert isinstance(call, Call)
        called = dotted(call.func).rpartition(".")[2]
        if (called in _STORES or called.startswith("set_")) and any(
            argument is node or (isinstance(argument, Name) and argument.id in names)
            for argument in call.args
        ):
            return True
    return False


def hands_on(function: FunctionInfo, node: Expr) -> bool:
    """Whether a function returns or yields what an expression in it builds, itself or by a name."""
    names = {target.id for target in _targets(function, node) if isinstance(target, Name)}
    given = [*function.returns, *(y.value for y in function.yields if y.value is not None)]
    return any(_holds(value, node, names) for value in given)


def varies(function: FunctionInfo, node: Expr) -> bool:
    """Whether what a call is given depends on parameters or local names, so that it may differ from call to call."""
    if not isinstance(node, Call):
        return False
    local = {
        name
        for name, bound in function.bindings.items()
        if any(b.how not in {"import", "function", "class"} for b in bound)
    }
    stack: list[Expr] = [*node.args, *(k.value for k in node.keywords)]
    while stack:
        current = stack.pop()
        if isinstance(current, Name) and current.id in local:
            return True
        stack.extend(children(current))
    return False


def _targets(function: FunctionInfo, node: Expr) -> list[Expr]:
    found: list[Expr] = []
    for statement in function.statements:
        if isinstance(statement, Assign) and statement.value is not None:
            if _holds(statement.value, node):
                found.extend(statement.targets)
        elif isinstance(statement, With):
            found.extend(
                item.target
                for item in statement.items
                if item.target is not None and _holds(item.context, node)
            )
    return found


def _is_lasting(function: FunctionInfo, target: Expr) -> bool:
    if isinstance(target, Attr):
        return not (function.name == "__init__" and isinstance(target.value, Name))
    return isinstance(target, Sub) and dotted(target.value).rpartition(".")[2] not in _PER_CALL_OWNERS


def _holds(expr: Expr, node: Expr, names: set[str] | frozenset[str] = frozenset()) -> bool:
    """Whether an expression is `node` or one of `names`, or a call or a display around it; what is read from it does not count."""
    stack = [expr]
    while stack:
        current = stack.pop()
        if current is node or (isinstance(current, Name) and current.id in names):
            return True
        if isinstance(current, (Await, Lambda)):
            stack.append(current.value if isinstance(current, Await) else current.body)
        elif isinstance(current, Call):
            stack.extend(a for a in (*current.args, *(k.value for k in current.keywords)))
        elif not isinstance(current, Attr):
            stack.extend(children(current))
    return False
