"""Whether the turns of a loop depend on each other: names carried on, sessions used, values handed out in order."""

from __future__ import annotations

from pitstop.project.facts import (
    Assign,
    Attr,
    Aug,
    Call,
    Comp,
    Expr,
    For,
    Name,
    Seq,
    Statement,
    Sub,
    children,
    dotted,
    expressions,
)
from pitstop.project.model import FunctionInfo
from pitstop.project.sessions import Sessions
from pitstop.project.sites import walk

_COLLECTS = {"append", "add", "extend", "setdefault", "update"}


def carries(loop: For) -> bool:
    """Whether a turn may need what an earlier one left: a name bound within and read before, or read by the call.

    What is only collected (`found.append(...)`, `found[key] = ...`, `total += ...`) is no such thing, unless the
    arguments of the call or a test read it again.
    """
    left = set(_left(loop.body)) - set(names_read(loop.target))
    if not left:
        return False
    # A name that each turn binds before it reads it belongs to the turn alone.
    order: list[tuple[str, str]] = []
    for statement in walk(loop.body):
        reads = [name for expr in _evaluated(statement) for name in names_read(expr)]
        for name in _collected(statement):
            # Once for what is added to; the second time it is read.
            if name in reads:
                reads.remove(name)
        order.extend(("read", name) for name in reads if name in left)
        order.extend(("bind", name) for name in _bound(statement))
    bound: set[str] = set()
    for how, name in order:
        if how == "bind":
            bound.add(name)
        elif name not in bound:
            return True
    return False


def _evaluated(statement: Statement) -> list[Expr]:
    """What a statement reads: of the targets of an assignment only what stands inside of them."""
    if isinstance(statement, Assign):
        inside = [t for t in statement.targets if isinstance(t, (Sub, Attr))]
        return [*inside, *([] if statement.value is None else [statement.value])]
    return list(expressions(statement))


def _left(body: tuple[Statement, ...]) -> list[str]:
    found: list[str] = []
    for statement in walk(body):
        found.extend(_bound(statement))
        found.extend(_collected(statement))
    return found


def _bound(statement: Statement) -> list[str]:
    if isinstance(statement, Assign) and statement.value is not None:
        names: list[str] = []
        todo = list(statement.targets)
        while todo:
            target = todo.pop()
            if isinstance(target, Name):
                names.append(target.id)
            elif isinstance(target, Seq):
                todo.extend(target.items)
        return names
    return []


def _collected(statement: Statement) -> list[str]:
    """What a statement adds to without reading it."""
    if isinstance(statement, Aug) and isinstance(statement.target, Name):
        return [statement.target.id]
    if isinstance(statement, Assign):
        roots = (_root(target) for target in statement.targets if isinstance(target, (Sub, Attr)))
        return [root for root in roots if root]
    value = getattr(statement, "value", None)
    if isinstance(value, Call) and isinstance(value.func, Attr) and value.func.attr in _COLLECTS:
        root = dotted(value.func.value).partition(".")[0]
        return [root] if root else []
    return []


def _root(expr: Expr) -> str:
    while isinstance(expr, (Sub, Attr)):
        expr = expr.value
    return expr.id if isinstance(expr, Name) else ""


def names_read(expr: Expr) -> list[str]:
    """The names that an expression reads, those of comprehensions included."""
    found: list[str] = []
    todo = [expr]
    while todo:
        node = todo.pop()
        if isinstance(node, Name):
            found.append(node.id)
        elif isinstance(node, Comp):
            todo.extend(node.elements)
            for generator in node.generators:
                todo.extend((generator.iter, *generator.ifs))
        else:
            todo.extend(children(node))
    return found


def yields_inside(loop: For) -> bool:
    """Whether the loop hands values out as it turns."""
    todo: list[Expr] = [e for statement in walk(loop.body) for e in expressions(statement)]
    while todo:
        node = todo.pop()
        if type(node).__name__ == "Yield":
            return True
        todo.extend(children(node))
    return False


def touches_session(sessions: Sessions, function: FunctionInfo, loop: For) -> bool:
    """Whether the body uses a database session itself, or hands one on: its turns cannot run together."""
    for site in function.sites:
        if (
            loop in site.loops
            and isinstance(site.node, (Name, Attr))
            and sessions.serves_one_at_a_time(site.node, function)
        ):
            return True
    return False
