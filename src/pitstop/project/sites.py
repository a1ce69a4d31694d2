"""The expressions of a function with what stands around them: loops, `with`, tests. All rules look at code through these."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise
from typing import TypeGuard

import msgspec

from pitstop.project.facts import (
    Attr,
    Await,
    Call,
    Comp,
    Const,
    Expr,
    ExprStatement,
    For,
    If,
    IfExp,
    Lambda,
    Name,
    Op,
    Other,
    Raise,
    Return,
    Statement,
    Try,
    While,
    With,
    Yield,
    blocks,
    children,
    dotted,
    expressions,
)

Loop = For | While | Comp

_NESTING = frozenset({For, While, If, With, Try, Other})
_MOST_GUARDS = 32
"""Tests around a site that are kept, innermost last: a chain of a thousand `elif` has as many."""
_COMPARED = frozenset({"Eq", "In", "Is", "IsNot", "NotEq", "NotIn"})
_Branches = tuple[tuple[Expr, bool], ...]


class Site(msgspec.Struct, frozen=True, gc=False):
    """An expression inside a function: its loops, outermost first, and whether it is awaited at once."""

    node: Expr
    loops: tuple[Loop, ...] = ()
    awaited: bool = False
    withs: tuple[With, ...] = ()
    in_lambda: bool = False
    conditional: bool = False
    """Whether a branch decides if it runs: `if`, `match`, `a if b else c`, the right side of `and` and `or`."""
    rescue: bool = False
    """Whether it stands in an `except`, or in a branch that ends in `raise`, and so runs only after an error."""
    guards: tuple[Expr, ...] = ()
    """The tests of the `if` statements around it, outermost first."""
    branches: _Branches = ()
    """Tests of names and constants that decide whether it runs, with how they have to come out, outermost first: those of the
    branches that it stands in, and those that would have left before it."""


def walk(body: tuple[Statement, ...]) -> Iterator[Statement]:
    """All statements of a body, nested blocks included, functions and classes not entered."""
    todo = list(reversed(live(body)))
    while todo:
        statement = todo.pop()
        yield statement
        if type(statement) in _NESTING:
            inner = (statement.body,) if _is_for_types(statement) else blocks(statement)
            for block in reversed(inner):
                todo.extend(reversed(live(block)))


def _is_for_types(statement: Statement) -> TypeGuard[If]:
    """`if TYPE_CHECKING: app: App`, `else: app = Proxy()`: what stands for the type checker says what a name really is."""
    return isinstance(statement, If) and dotted(statement.test).rpartition(".")[2] == "TYPE_CHECKING"


def live(block: tuple[Statement, ...]) -> tuple[Statement, ...]:
    """The statements of a block that can run: those after a `return` or `raise` on the same level cannot.

    A `yield` there still makes the function a generator, and is kept for that.
    """
    for position, statement in enumerate(block[:-1], 1):
        if type(statement) is Return or type(statement) is Raise:
            rest = block[position:]
            yields = any(isinstance(s, ExprStatement) and isinstance(s.value, Yield) for s in rest)
            return block if yields else block[:position]
    return block


class _Around(msgspec.Struct, frozen=True, gc=False):
    loops: tuple[Loop, ...] = ()
    withs: tuple[With, ...] = ()
    conditional: bool = False
    rescue: bool = False
    guards: tuple[Expr, ...] = ()
    branches: _Branches = ()


def sites(body: tuple[Statement, ...]) -> list[Site]:
    """Every expression of a body with its surroundings; not those of functions and classes in it."""
    found: list[Site] = []
    todo: list[tuple[tuple[Statement, ...], _Around]] = [(body, _Around())]
    while todo:
        statements, around = todo.pop()
        for statement in live(statements):
            if type(statement) not in _NESTING:
                for expr in expressions(statement):
                    _add(found, expr, around)
                continue
            # The test of a while runs on every turn; the iterable of a for runs once.
            inside = _inside(statement, around)
            for expr in expressions(statement):
                _add(found, expr, inside if isinstance(statement, While) else around)
            handlers = {id(h.body) for h in statement.handlers} if isinstance(statement, Try) else set()
            # The `else` of a loop runs once, after it.
            after = {id(statement.orelse)} if isinstance(statement, (For, While)) else set()
            if isinstance(statement, If):
                for block, wanted in ((statement.body, True), (statement.orelse, False)):
                    decided = _decided(inside, (statement.test, wanted))
                    fails = bool(block) and type(block[-1]) is Raise
                    todo.append((block, msgspec.structs.replace(decided, rescue=True) if fails else decided))
            else:
                todo.extend(
                    (
                        block,
                        msgspec.structs.replace(around, rescue=True)
                        if id(block) in handlers
                        else around
                        if id(block) in after
                        else inside,
                    )
                    for block in blocks(statement)
                )
            around = _decided(around, *_passed(statement))
    return found


def _decided(around: _Around, *tests: tuple[Expr, bool]) -> _Around:
    """What is around a site where these tests came out like this."""
    branches = around.branches
    for test, wanted in tests:
        branches = _more(branches, test, wanted)
    return around if branches is around.branches else msgspec.structs.replace(around, branches=branches)


def _asks_for_a_name(test: Expr) -> bool:
    """Whether a test says something of the value of a name: `a`, `a is None`, `a == "b" and c`."""
    if isinstance(test, Op):
        if test.op in {"Not", "And", "Or"}:
            return any(_asks_for_a_name(operand) for operand in test.operands)
        return test.op in _COMPARED and any(type(operand) is Name for operand in test.operands)
    if not isinstance(test, Call):
        return type(test) is Name
    called = test.func
    return (type(called) is Name and called.id == "bool") or (
        type(called) is Attr and called.attr == "startswith" and type(called.value) is Name
    )


def _passed(statement: Statement) -> Iterator[tuple[Expr, bool]]:
    """The tests that let what comes after a statement run, with how they came out: `if a: return`, and within `with`."""
    if isinstance(statement, If):
        if _leaves(statement.body):
            yield statement.test, False
            inner = statement.orelse
        elif _leaves(statement.orelse):
            yield statement.test, True
            inner = statement.body
        else:
            return
        yield from (each for below in inner for each in _passed(below))
    elif isinstance(statement, With) and not any(_suppresses(item.context) for item in statement.items):
        yield from (each for below in statement.body for each in _passed(below))


def _suppresses(context: Expr) -> bool:
    return isinstance(context, Call) and dotted(context.func).rpartition(".")[2] in {"suppress", "raises"}


def _leaves(block: tuple[Statement, ...]) -> bool:
    """Whether nothing after a block runs once it is entered."""
    last = block[-1] if block else None
    match last:
        case Return() | Raise():
            return True
        case If():
            return _leaves(last.body) and _leaves(last.orelse)
        case Other():
            return last.kind in {"Break", "Continue"}
        case _:
            return False


def _inside(statement: Statement, around: _Around) -> _Around:
    replace = msgspec.structs.replace
    match statement:
        case For() | While():
            return replace(around, loops=(*around.loops, statement))
        case With():
            return replace(around, withs=(*around.withs, statement))
        case If():
            return replace(around, conditional=True, guards=(*around.guards, statement.test)[-_MOST_GUARDS:])
        case Other() if statement.blocks:
            return replace(around, conditional=True)
        case _:
            return around


def _add(found: list[Site], expr: Expr, around: _Around) -> None:
    withs, rescue, guards = around.withs, around.rescue, around.guards
    todo: list[tuple[Expr, tuple[Loop, ...], bool, bool, bool, _Branches]] = [
        (expr, around.loops, False, False, around.conditional, around.branches)
    ]
    while todo:
        node, loops, awaited, in_lambda, conditional, branches = todo.pop()
        found.append(Site(node, loops, awaited, withs, in_lambda, conditional, rescue, guards, branches))
        kind = type(node)
        # The most frequent kinds first: this runs for each expression of the project.
        if kind is Name or kind is Const:
            continue
        if isinstance(node, Attr):
            todo.append((node.value, loops, False, in_lambda, conditional, branches))
        elif isinstance(node, Await):
            todo.append((node.value, loops, True, in_lambda, conditional, branches))
        elif isinstance(node, Comp):
            inside = (*loops, node)
            for position, generator in enumerate(node.generators):
                outer = loops if position == 0 else inside
                todo.append((generator.iter, outer, False, in_lambda, conditional, branches))
                todo.extend((test, inside, False, in_lambda, conditional, branches) for test in generator.ifs)
            todo.extend(
                (element, inside, False, in_lambda, conditional, branches) for element in node.elements
            )
        elif isinstance(node, Lambda):
            todo.append((node.body, loops, False, True, conditional, branches))
        elif isinstance(node, IfExp):
            todo.append((node.test, loops, False, in_lambda, conditional, branches))
            for branch, wanted in ((node.body, True), (node.orelse, False)):
                todo.append((branch, loops, False, in_lambda, True, _more(branches, node.test, wanted)))
        elif isinstance(node, Op) and node.op in {"And", "Or"}:
            todo.append((node.operands[0], loops, False, in_lambda, conditional, branches))
            for before, operand in pairwise(node.operands):
                branches = _more(branches, before, node.op == "And")
                todo.append((operand, loops, False, in_lambda, True, branches))
        else:
            todo.extend(
                (child, loops, False, in_lambda, conditional, branches) for child in reversed(children(node))
            )


def _more(branches: _Branches, test: Expr, wanted: bool) -> _Branches:
    return (*branches, (test, wanted))[-_MOST_GUARDS:] if _asks_for_a_name(test) else branches
