"""Facts about names, and the branches that they exclude."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, NamedTuple

from pitstop.project.facts import Aug, Call, Const, Expr, Lambda, Name, Op, Other, Seq, Try
from pitstop.project.sites import Site

if TYPE_CHECKING:
    from pitstop.project.model import FunctionInfo

Constant = tuple[str, str | int | float | bool | None]
"""A literal, by its type and value: `1` and `True` are equal otherwise."""
NONE: Constant = ("NoneType", None)
FALSY: Constant = ("falsy", None)
"""Stands for whatever `if value:` does not enter."""


class Fact(NamedTuple):
    """That a name is, or is not, a constant."""

    name: str
    holds: bool
    constant: Constant


Facts = frozenset[Fact]
NOTHING: Facts = frozenset()


class _Comparison(NamedTuple):
    name: str
    constants: list[Constant]
    positive: bool
    """Whether the test is true when the name is one of them."""
    closed: bool
    """Whether there is nothing else that it is compared with."""


def runs(site: Site, facts: Facts) -> bool:
    """Whether a site may run when these facts hold: they exclude no branch that it stands in, nor make a `return` before it sure."""
    return not facts or not any(holds(test, facts) is (not wanted) for test, wanted in site.branches)


def holds(test: Expr, facts: Facts) -> bool | None:
    """Whether a test is true under these facts; None where they do not say."""
    match test:
        case Name():
            return _truth(test.id, facts)
        case Call() if _is_bool(test):
            return holds(test.args[0], facts)
        case Op() if test.op == "Not":
            inner = holds(test.operands[0], facts)
            return None if inner is None else not inner
        case Op() if test.op in {"And", "Or"}:
            found = [holds(operand, facts) for operand in test.operands]
            decides = test.op == "Or"
            return decides if decides in found else None if None in found else not decides
    compared = _comparison(test)
    if compared is None:
        return None
    equal = [_equals(compared.name, constant, facts) for constant in compared.constants]
    if True in equal:
        return compared.positive
    return not compared.positive if compared.closed and None not in equal else None


def implied(test: Expr, *, wanted: bool) -> Iterator[Fact]:
    """What is known of the names in a test where it has come out as wanted."""
    match test:
        case Name():
            yield Fact(test.id, not wanted, FALSY)
        case Call() if _is_bool(test):
            yield from implied(test.args[0], wanted=wanted)
        case Op() if test.op == "Not":
            yield from implied(test.operands[0], wanted=not wanted)
        case Op() if test.op in {"And", "Or"}:
            if wanted is (test.op == "And"):
                for operand in test.operands:
                    yield from implied(operand, wanted=wanted)
        case _:
            compared = _comparison(test)
            if compared is not None:
                yield from _compared(compared, equal=compared.positive is wanted)


def asks(test: Expr) -> Iterator[tuple[str, list[Constant]]]:
    """The names that a test asks for, with the constants that it compares each with."""
    match test:
        case Name():
            yield test.id, []
        case Call() if _is_bool(test):
            yield from asks(test.args[0])
        case Op() if test.op in {"Not", "And", "Or"}:
            for operand in test.operands:
                yield from asks(operand)
        case _:
            compared = _comparison(test)
            if compared is not None:
                yield compared.name, compared.constants


def constant_of(expr: Expr) -> Constant | None:
    """A literal that is read as it is written; None for anything else."""
    if isinstance(expr, Const) and (expr.value is not None or expr.kind == "NoneType"):
        return expr.kind, expr.value
    return None


def tests(function: FunctionInfo) -> Iterable[Expr]:
    """The tests that decide what runs in a function, each once."""
    found: dict[int, Expr] = {}
    last: tuple[tuple[Expr, bool], ...] = ()
    for site in function.sites:
        if site.branches is not last:
            last = site.branches
            found.update((id(test), test) for test, _ in last)
    return found.values()


def settled(function: FunctionInfo) -> frozenset[str]:
    """The names that are bound once, and so mean the same wherever they stand in a function."""
    again: set[str] = set()
    shared = False
    for statement in function.statements:
        if isinstance(statement, Aug) and isinstance(statement.target, Name):
            again.add(statement.target.id)
        elif isinstance(statement, Try):
            again |= {handler.name for handler in statement.handlers if handler.name}
        elif isinstance(statement, Other) and statement.kind == "Match":
            # Any name may be bound by its patterns, which are not kept.
            return frozenset()
        elif isinstance(statement, Other) and statement.kind in {"Global", "Nonlocal"}:
            shared = True
    for site in function.sites:
        if isinstance(site.node, Lambda):
            again |= {parameter.name for parameter in site.node.parameters}
    below = list(function.nested.values())
    for inner in below:
        below += inner.nested.values()
        if any(isinstance(s, Other) and s.kind == "Nonlocal" for s in inner.statements):
            again |= set(inner.bindings)
    found: set[str] = set()
    for name, bindings in function.bindings.items():
        bound = [b for b in bindings if b.how != "annotation"]
        if name not in again and len(bound) == 1 and (bound[0].how == "parameter" or not shared):
            found.add(name)
    return frozenset(found)


def _compared(compared: _Comparison, *, equal: bool) -> Iterator[Fact]:
    name, constants = compared.name, compared.constants
    if not equal:
        yield from (Fact(name, False, constant) for constant in constants)
    elif compared.closed and len(constants) == 1:
        yield Fact(name, True, constants[0])
    elif compared.closed and constants:
        if NONE not in constants:
            yield Fact(name, False, NONE)
        if all(value for _, value in constants):
            yield Fact(name, False, FALSY)


def _comparison(test: Expr) -> _Comparison | None:
    """`name is None`, `name == "a"`, `name not in ("a", "b")`."""
    if not isinstance(test, Op) or len(test.operands) != 2:
        return None
    name, other = test.operands
    if test.op in {"Is", "IsNot", "Eq", "NotEq"}:
        if isinstance(name, Const):
            name, other = other, name
        constant = constant_of(other)
        if isinstance(name, Name) and constant is not None:
            return _Comparison(name.id, [constant], test.op in {"Is", "Eq"}, True)
    elif test.op in {"In", "NotIn"} and isinstance(name, Name) and isinstance(other, Seq):
        found = [constant_of(item) for item in other.items]
        known = [constant for constant in found if constant is not None]
        return _Comparison(name.id, known, test.op == "In", len(known) == len(found))
    return None


def _truth(name: str, facts: Facts) -> bool | None:
    told = {
        not fact.holds if fact.constant == FALSY else bool(fact.constant[1])
        for fact in facts
        if fact.name == name and (fact.holds or fact.constant == FALSY)
    }
    # A way that contradicts itself says nothing, in whatever order it is read.
    return told.pop() if len(told) == 1 else None


def _equals(name: str, constant: Constant, facts: Facts) -> bool | None:
    told = {_is(fact, constant) for fact in facts if fact.name == name} - {None}
    return told.pop() if len(told) == 1 else None


def _is(fact: Fact, constant: Constant) -> bool | None:
    """Whether a name of which this is known is a constant."""
    known = fact.constant
    if known == FALSY:
        # What is true is no constant that is false, and the other way round.
        return False if fact.holds is bool(constant[1]) else None
    if fact.holds:
        # Of `1` and `True` it depends on how they are compared.
        return known == constant if known[0] == constant[0] or known[1] != constant[1] else None
    return False if known == constant else None


def _is_bool(call: Call) -> bool:
    return isinstance(call.func, Name) and call.func.id == "bool" and len(call.args) == 1
