"""Parameters that a call switches off: what stands under `if parameter:` in the called function does not run for it."""

from __future__ import annotations

from pitstop.project.facts import Call, Const, Expr, If, Name, Op, Raise, Return, Star, Statement
from pitstop.project.model import FunctionInfo
from pitstop.project.sites import Site


def switched_off(function: FunctionInfo, call: Expr | None) -> frozenset[str]:
    """The parameters by which a function decides, and that are `False` or `None` for a call, given or by default."""
    if not isinstance(call, Call) or any(isinstance(a, Star) for a in call.args):
        return frozenset()
    if any(k.name is None for k in call.keywords):
        return frozenset()
    parameters = list(function.node.parameters)
    if function.owner is not None and parameters and parameters[0].name in {"self", "cls"}:
        parameters = parameters[1:]
    given: dict[str, Expr] = {p.name: a for p, a in zip(parameters, call.args, strict=False)}
    given.update({k.name: k.value for k in call.keywords if k.name is not None})
    off = {p.name for p in parameters if _is_off(given.get(p.name, p.default))}
    return _tested(function, off) if off else frozenset()


def runs_only_if(function: FunctionInfo, site: Site, off: frozenset[str]) -> bool:
    """Whether a site runs only with one of the parameters in `off`: under a test for it, or after `if not given: return`."""
    if not off:
        return False
    if any(
        _leaves_without(statement) & off and statement.at < site.node.at for statement in function.node.body
    ):
        return True
    if not site.guards:
        return False
    # Tests are compared by where they stand.
    tests = {guard.at for guard in site.guards if _needs(guard) & off}
    return bool(tests) and any(
        isinstance(statement, If)
        and statement.test.at in tests
        and not (statement.orelse and statement.orelse[0].at <= site.node.at)
        for statement in function.statements
    )


def _tested(function: FunctionInfo, names: set[str]) -> frozenset[str]:
    """The parameters that some `if` asks for, and that nothing else is bound to."""
    return frozenset(
        name
        for statement in function.statements
        if isinstance(statement, If)
        for name in (_needs(statement.test) | _leaves_without(statement)) & names
        if all(binding.how == "parameter" for binding in function.bindings.get(name, ()))
    )


def _leaves_without(statement: Statement) -> set[str]:
    """The name without which a function is left: `if given is None: return`."""
    if not isinstance(statement, If) or not isinstance(statement.body[-1], (Return, Raise)):
        return set()
    test = statement.test
    if isinstance(test, Op) and test.op in {"Is", "Not"} and isinstance(test.operands[0], Name):
        absent = test.op == "Not" or (
            isinstance(test.operands[1], Const) and test.operands[1].kind == "NoneType"
        )
        return {test.operands[0].id} if absent else set()
    return set()


def _needs(test: Expr) -> set[str]:
    """The names that must be true for a test to hold: `a`, `a and ...`, `a is not None`."""
    match test:
        case Name():
            return {test.id}
        case Op() if test.op == "And":
            return {name for operand in test.operands for name in _needs(operand)}
        case Op() if test.op == "IsNot" and isinstance(test.operands[0], Name):
            # Of what is `False` this says nothing; a switch is hardly ever asked so.
            return {test.operands[0].id}
    return set()


def _is_off(value: Expr | None) -> bool:
    return isinstance(value, Const) and (value.value is False or value.kind == "NoneType")
