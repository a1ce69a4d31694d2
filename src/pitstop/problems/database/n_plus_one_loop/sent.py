"""What one turn of a loop sends: how many statements at most, and whether the one that a rule saw is among them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from pitstop.project.facts import (
    Attr,
    Call,
    Comp,
    Expr,
    For,
    Format,
    If,
    Name,
    Node,
    Op,
    Other,
    Seq,
    Star,
    Statement,
    blocks,
    children,
    dotted,
)
from pitstop.project.loads import handed
from pitstop.project.queries import LOOKUPS

if TYPE_CHECKING:
    from pitstop.project import Project
    from pitstop.project.calls import Reach, Step
    from pitstop.project.model import FunctionInfo
    from pitstop.project.queries import Query
    from pitstop.project.sites import Site


def most_of_a_turn(loop: For | Comp, sent: Sequence[Node]) -> int:
    """How many of the calls one turn can make: of the branches of an `if` the one with the most."""
    return _most(loop.body, sent) if isinstance(loop, For) else len(sent)


def _most(block: tuple[Statement, ...], sent: Sequence[Node]) -> int:
    total = 0
    for statement in block:
        inside = [node for node in sent if _covers(statement, node)]
        if not inside:
            continue
        inner = [_most(each, inside) for each in blocks(statement)]
        among = sum(_covers(each, node) for node in inside for block in blocks(statement) for each in block)
        branches = isinstance(statement, If) or (isinstance(statement, Other) and len(inner) > 1)
        total += len(inside) - among + (max(inner, default=0) if branches else sum(inner))
    return total


def _covers(outer: Node, inner: Node) -> bool:
    first, column, last, end = outer.span
    line, at, until, to = inner.span
    return (first, column) <= (line, at) and (until, to) <= (last, end)


def is_of_the_turn(site: Site, loop: For | Comp) -> bool:
    """Whether no statement for all turns can take the place of what is sent.

    `for query in queries: session.execute(query.statement)`, `for key in keys: session.execute(select(key.table))`,
    `for name in names: fetch(f"SELECT count(*) FROM {name}")`.
    """
    call = site.node
    own = set(_targets(loop))
    sent = call.args[0] if isinstance(call, Call) and call.args else None
    if isinstance(sent, (Name, Attr)):
        return dotted(sent).partition(".")[0] in own
    todo: list[Expr] = [sent] if sent is not None else []
    while todo:
        node = todo.pop()
        if isinstance(node, Format):
            return any(dotted(value).partition(".")[0] in own for value in node.values)
        if isinstance(node, Call) and dotted(node.func).rpartition(".")[2] in {"select", "query"}:
            return any(
                isinstance(argument, (Name, Attr)) and dotted(argument).partition(".")[0] in own
                for argument in node.args[:1]
            )
        todo.extend(children(node))
    return False


def _targets(loop: For | Comp) -> Iterator[str]:
    todo: list[Expr] = [loop.target] if isinstance(loop, For) else [each.target for each in loop.generators]
    while todo:
        target = todo.pop()
        if isinstance(target, Name):
            yield target.id
        elif isinstance(target, Seq):
            todo.extend(target.items)


def is_passed_over(function: FunctionInfo, site: Site, loop: For | Comp) -> bool:
    """Whether `if key in known: continue` stands before a call: how many turns are left, nobody knows.

    A collection that the loop fills itself only spares the second turn of the same key.
    """
    if not isinstance(loop, For):
        return False
    filled = {
        dotted(inner.node.func.value)
        for inner in function.calls
        if loop in inner.loops and isinstance(inner.node, Call) and isinstance(inner.node.func, Attr)
    }
    return any(name not in filled for name in _known(loop.body, site))


def _known(block: tuple[Statement, ...], site: Site) -> Iterator[str]:
    """The collections whose members go by before a site."""
    for statement in block:
        if _covers(statement, site.node):
            yield from (name for inner in blocks(statement) for name in _known(inner, site))
            return
        if not isinstance(statement, If) or not isinstance(statement.test, Op):
            continue
        last = statement.body[-1]
        if isinstance(last, Other) and last.kind == "Continue" and statement.test.op == "In":
            name = dotted(statement.test.operands[1])
            if name:
                yield name


def asks_for_held(
    project: Project, function: FunctionInfo, site: Site, steps: Sequence[Step], query: Query
) -> bool:
    """Whether a row is looked up by the key of one that the caller has: `session.get(Order, order.id)`."""
    if query.method not in LOOKUPS:
        return False
    ways = ((function, site), *((step.function, step.site) for step in steps))
    return any(
        isinstance(given, Attr)
        and given.attr in {"id", "pk", "uuid"}
        and project.types.type_of(given.value, scope).name == query.model
        for scope, at in ways
        if isinstance(at.node, Call)
        for given in _given(at.node)
    )


def _given(call: Call) -> Iterator[Expr]:
    yield from call.args
    yield from (keyword.value for keyword in call.keywords)


def is_handed_few(function: FunctionInfo, loop: For | Comp, reach: Reach) -> bool:
    """Whether a loop goes over a parameter for which each way there hands a list over that is written out: `add([user.id])`."""
    source = loop.iter if isinstance(loop, For) else loop.generators[0].iter
    if not isinstance(source, Name) or not reach.ways:
        return False
    lasts = [way.path[-1].site.node if way.path else None for way in reach.ways]
    given = [handed(call, function, source.id) if isinstance(call, Call) else None for call in lasts]
    return all(
        isinstance(value, Seq) and not any(isinstance(item, Star) for item in value.items) for value in given
    )
