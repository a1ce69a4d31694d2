"""Facts about names, and the branches that they exclude."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, NamedTuple

from pitstop.project.facts import (
    Attr,
    Aug,
    Call,
    Const,
    Expr,
    Format,
    Lambda,
    Name,
    Op,
    Other,
    Seq,
    Try,
    string,
)
from pitstop.project.sites import Site

if TYPE_CHECKING:
    from pitstop.project.model import Binding, FunctionInfo

Constant = tuple[str, str | int | float | bool | None]
"""A literal, by its type and value: `1` and `True` are equal otherwise."""
NONE: Constant = ("NoneType", None)
FALSY: Constant = ("falsy", None)
"""Stands for whatever `if value:` does not enter."""
_START = "start"
"""The type of a constant that stands for all texts that begin with it."""


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


def begins(expr: Format) -> Constant | None:
    """The text that an f-string begins with, standing for all that do."""
    first = expr.values[0] if expr.values else None
    return (_START, first.value) if isinstance(first, Const) and first.value else None


def tests(function: FunctionInfo) -> Iterable[Expr]:
    """The tests that decide what runs in a function, each once."""
    found: dict[int, Expr] = {}
    last: tuple[tuple[Expr, bool], ...] = ()
    for site in function.sites:
        if site.branches is not last:
            last = site.branches
            found.update((id(test), test) for test, _ in last)
    return found.values()


def is_answered(holds: bool, constant: Constant, asked: Constant) -> bool | None:
    """Whether a value that is, or is not, one constant is the one that is asked for; None where that is not known."""
    return _is(Fact("", holds, constant), asked)


def settled(function: FunctionInfo) -> frozenset[str]:
    """The names that are bound once, and so mean the same wherever they stand in a function."""
    again = _bound_otherwise(function)
    if again is None:
        return frozenset()
    shared = any(isinstance(s, Other) and s.kind in {"Global", "Nonlocal"} for s in function.statements)
    return frozenset(
        name
        for name, bound in _bindings(function)
        if name not in again and len(bound) == 1 and (bound[0].how == "parameter" or not shared)
    )


def filled(function: FunctionInfo) -> dict[str, tuple[Site, ...]]:
    """The parameters that are bound once more and only where branches lead, as in `if row is None: row = load()`, with what they get there."""
    again = _bound_otherwise(function)
    names = {
        name
        for name, bound in _bindings(function)
        if bound[0].how == "parameter" and len(bound) > 1 and all(b.how == "value" for b in bound[1:])
    }
    names -= names if again is None else again
    if not names:
        return {}
    sites = {id(site.node): site for site in function.sites}
    got = {
        name: [sites.get(id(b.value)) for b in function.bindings[name] if b.how == "value"] for name in names
    }
    return {
        name: tuple(site for site in each if site is not None)
        for name, each in got.items()
        if all(site is not None and site.branches for site in each)
    }


def _bindings(function: FunctionInfo) -> Iterator[tuple[str, list[Binding]]]:
    for name, bindings in function.bindings.items():
        bound = [b for b in bindings if b.how != "annotation"]
        if bound:
            yield name, bound


def _bound_otherwise(function: FunctionInfo) -> set[str] | None:
    """The names that are bound by more than what `bindings` tells; None where any name may be, by a pattern."""
    again: set[str] = set()
    for statement in function.statements:
        if isinstance(statement, Aug) and isinstance(statement.target, Name):
            again.add(statement.target.id)
        elif isinstance(statement, Try):
            again |= {handler.name for handler in statement.handlers if handler.name}
        elif isinstance(statement, Other) and statement.kind == "Match":
            # What its patterns bind is not kept.
            return None
    for site in function.sites:
        if isinstance(site.node, Lambda):
            again |= {parameter.name for parameter in site.node.parameters}
    below = list(function.nested.values())
    for inner in below:
        below += inner.nested.values()
        if any(isinstance(s, Other) and s.kind == "Nonlocal" for s in inner.statements):
            again |= set(inner.bindings)
    return again


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
    """`name is None`, `name == "a"`, `name not in ("a", "b")`, `name.startswith("a")`."""
    if isinstance(test, Call):
        return _beginning(test)
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


def _beginning(test: Call) -> _Comparison | None:
    called = test.func
    if not isinstance(called, Attr) or called.attr != "startswith" or not isinstance(called.value, Name):
        return None
    if len(test.args) != 1:
        return None
    given = test.args[0]
    texts = [string(item) for item in (given.items if isinstance(given, Seq) else (given,))]
    known: list[Constant] = [(_START, text) for text in texts if text]
    return _Comparison(called.value.id, known, True, len(known) == len(texts))


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
    if _START in {known[0], constant[0]}:
        return _is_text(fact, constant)
    if fact.holds:
        # Of `1` and `True` it depends on how they are compared.
        return known == constant if known[0] == constant[0] or known[1] != constant[1] else None
    return False if known == constant else None


def _is_text(fact: Fact, asked: Constant) -> bool | None:
    """The same where one of the two, what is known or what is asked for, stands for all texts that begin with it."""
    known = fact.constant
    if not fact.holds:
        # What does not begin with `a:` neither is `a:b` nor begins with it.
        excluded = known[0] == _START and asked[0] in {_START, "str"}
        return False if known == asked or (excluded and str(asked[1]).startswith(str(known[1]))) else None
    if known[0] not in {_START, "str"} or asked[0] not in {_START, "str"}:
        return False
    text, start = str(known[1]), str(asked[1])
    if asked[0] == _START and text.startswith(start):
        return True
    return None if known[0] == _START and start.startswith(text) else False


def _is_bool(call: Call) -> bool:
    return isinstance(call.func, Name) and call.func.id == "bool" and len(call.args) == 1
