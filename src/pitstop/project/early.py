"""Functions that return before they come to the matter: what was asked for is there already, or there is nothing to do."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import pairwise

from pitstop.project.branches import NOTHING, holds
from pitstop.project.calls import Step
from pitstop.project.facts import Call, Const, Expr, If, Name, Op, Return, Seq, Statement, blocks
from pitstop.project.inference import Inference
from pitstop.project.loads import handed
from pitstop.project.model import FunctionInfo
from pitstop.project.values import Values

_COLLECTIONS = {"list", "set", "dict", "tuple", "frozenset"}


def may_return_before(types: Inference, values: Values, steps: Sequence[Step]) -> bool:
    """Whether a function on a way, after the first, may well return before the site that leads on.

    A check that something is there (`if row is None: return`) is taken to pass, unless it is for an empty collection
    that the caller has gathered.
    """
    return any(_may(types, values, before, step) for before, step in pairwise(steps))


def _may(types: Inference, values: Values, before: Step, step: Step) -> bool:
    given = values.given(step.function, before, (NOTHING,))
    for statement in step.function.statements:
        if not isinstance(statement, If) or statement.line >= step.site.node.line:
            continue
        if not any(isinstance(s, Return) for s in _own(statement.body)):
            continue
        if given and all(holds(statement.test, facts) is False for facts in given):
            continue
        missing = _absent(statement.test)
        if (
            missing is None
            or _is_switch(step.function, missing)
            or _may_be_empty(types, before, step, missing)
        ):
            return True
    return False


def _own(body: tuple[Statement, ...]) -> Iterator[Statement]:
    """The statements of a branch, those of the branches in it left out: they have tests of their own."""
    for statement in body:
        yield statement
        if not isinstance(statement, If):
            for block in blocks(statement):
                yield from _own(block)


def _absent(test: Expr) -> Expr | None:
    """What a test finds missing: `not x`, `x is None`; None for another test."""
    if isinstance(test, Op) and test.op == "Not":
        return test.operands[0]
    if isinstance(test, Op) and test.op == "Is" and isinstance(test.operands[1], Const):
        return test.operands[0]
    return None


def _is_switch(function: FunctionInfo, name: Expr) -> bool:
    """Whether a name is a parameter that says what the function shall do: `commit=True`."""
    return isinstance(name, Name) and any(
        p.name == name.id and isinstance(p.default, Const) and p.default.kind == "bool"
        for p in function.node.parameters
    )


def _may_be_empty(types: Inference, before: Step, step: Step, name: Expr) -> bool:
    """Whether a name is a parameter for which the caller hands over a collection that may be empty."""
    if not isinstance(name, Name) or not isinstance(before.site.node, Call):
        return False
    given = handed(before.site.node, step.function, name.id)
    return (
        given is not None
        and not isinstance(given, Seq)
        and types.type_of(given, before.function).name in _COLLECTIONS
    )
