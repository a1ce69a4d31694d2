"""What callers pass: what is known of the parameters of a function when it is called."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import TYPE_CHECKING

from pitstop.project.branches import (
    FALSY,
    NONE,
    NOTHING,
    Constant,
    Fact,
    Facts,
    asks,
    begins,
    constant_of,
    filled,
    implied,
    is_answered,
    runs,
    settled,
    tests,
)
from pitstop.project.facts import (
    Attr,
    Call,
    Comp,
    Const,
    Dict,
    Expr,
    Format,
    IfExp,
    Lambda,
    Name,
    Op,
    Seq,
    Star,
)
from pitstop.project.sites import Site
from pitstop.project.targets import is_called_directly, is_unbound

if TYPE_CHECKING:
    from pitstop.project.calls import Step
    from pitstop.project.edges import Edge
    from pitstop.project.inference import Inference
    from pitstop.project.model import FunctionInfo

_FORWARDED = 4
"""Calls that a parameter is followed through to the test that asks for it."""
_HANDS_ON = {"BackgroundTask", "add_task", "run_in_threadpool", "to_thread"}
"""Functions that call what they are given with the arguments after it."""
_MAKERS = {"bool", "dict", "frozenset", "int", "len", "list", "set", "sorted", "str", "tuple"}

_Known = tuple[bool, Constant]
"""That a value is, or is not, a constant."""
_NOT_NONE: _Known = (False, NONE)
_TRUE: _Known = (False, FALSY)
_FALSE: _Known = (True, FALSY)


class Values:
    """What calls pass on, from function to function."""

    def __init__(self, inference: Inference, edges: Callable[[FunctionInfo], tuple[Edge, ...]]) -> None:
        self._inference = inference
        self._edges = edges
        # By the function itself: several of one name may be written in two branches.
        self._followed: dict[tuple[FunctionInfo, Facts], tuple[tuple[Edge, Facts], ...]] = {}
        self._asked: dict[tuple[FunctionInfo, int], dict[str, set[Constant]]] = {}
        self._settled: dict[FunctionInfo, frozenset[str]] = {}
        self._filled: dict[FunctionInfo, dict[str, tuple[Site, ...]]] = {}
        self._injected: dict[FunctionInfo, bool] = {}

    def followed(self, function: FunctionInfo, facts: Facts) -> tuple[tuple[Edge, Facts], ...]:
        """Where a function leads while these facts hold, and what is known of the parameters there; not what runs some other time."""
        key = (function, facts)
        if key not in self._followed:
            self._followed[key] = tuple(
                (edge, self._passed(function, edge.site, edge.target, facts, edge.kind))
                for edge in self._edges(function)
                if edge.kind != "defer" and runs(edge.site, facts)
            )
        return self._followed[key]

    def given(self, function: FunctionInfo, by: Step | None, under: Iterable[Facts]) -> tuple[Facts, ...]:
        """What a function may know of its parameters when one call runs it, once for each way `under` which the call runs."""
        if by is None:
            return (NOTHING,)
        call = by.site.node
        kind = "offload" if isinstance(call, Call) and _last(call.func) in _HANDS_ON else "call"
        found = (self._passed(by.function, by.site, function, f, kind) for f in under if runs(by.site, f))
        return tuple(dict.fromkeys(found))

    def _passed(
        self, source: FunctionInfo, site: Site, target: FunctionInfo, facts: Facts, kind: str = "call"
    ) -> Facts:
        asked = self._asked_of(target, _FORWARDED) if target.node.parameters else None
        if not asked:
            return NOTHING
        if kind != "offload" and not is_called_directly(site.node, target, source):
            return NOTHING
        found: set[Fact] = set()
        for name, value, is_default in self._arguments(site, target, kind):
            constants = asked.get(name)
            if constants is not None:
                for known in _known(value) if is_default else self._value(value, source, site, facts):
                    found.update(_narrowed(name, known, constants))
        # What is given to a parameter holds throughout only if nothing else is put in its place.
        for name, sites in self._filled_in(target).items():
            if any(runs(site, frozenset(found)) for site in sites):
                found = {fact for fact in found if fact.name != name}
        return frozenset(found)

    def _value(self, value: Expr, source: FunctionInfo, site: Site, facts: Facts) -> set[_Known]:
        """What is known of a value where it is given."""
        if not isinstance(value, Name):
            return _known(value)
        if value.id not in self._settled_in(source):
            return set()
        shown = (fact for test, wanted in site.branches for fact in implied(test, wanted=wanted))
        known = {(fact.holds, fact.constant) for fact in (*facts, *shown) if fact.name == value.id}
        # What was put into it once may have changed since, but for what cannot.
        bound = source.bindings.get(value.id, ())
        made = next((b.value for b in bound if b.how == "value" and not b.index), None)
        if made is not None:
            known |= {each for each in _known(made) if isinstance(made, Const) or each[1] != FALSY}
        return known

    def _arguments(self, site: Site, target: FunctionInfo, kind: str) -> Iterator[tuple[str, Expr, bool]]:
        """The parameters of a function with what a call gives them, and whether that is their default; none if it cannot be told."""
        call = site.node
        if not isinstance(call, Call) or kind not in {"call", "spawn", "offload"}:
            return
        given = call.args
        if kind == "offload":
            if _last(call.func) not in _HANDS_ON or not given or _last(given[0]) != target.name:
                return
            given = given[1:]
        if any(isinstance(a, Star) for a in given) or any(k.name is None for k in call.keywords):
            return
        parameters = [p for p in target.node.parameters if p.kind in {"", "k"}]
        if parameters and parameters[0].name in {"self", "cls"}:
            if target.owner is None or is_unbound(call.func, target):
                return
            parameters = parameters[1:]
        positions = (p.name for p in parameters if p.kind != "k")
        values = dict(zip(positions, given, strict=False))
        values.update({k.name: k.value for k in call.keywords if k.name is not None})
        if any(p.default is None and p.name not in values for p in parameters):
            # Somebody gives what is missing, and nobody knows at which place.
            return
        for parameter in parameters:
            if parameter.name in values:
                yield parameter.name, values[parameter.name], False
            elif parameter.default is not None and not self._is_injected(target):
                yield parameter.name, parameter.default, True

    def _is_injected(self, function: FunctionInfo) -> bool:
        """Whether a decorator of the project's own may fill in what a call leaves out: `@with_session`."""
        if function not in self._injected:
            index, scope = self._inference.index, function.parent or function.module
            used = (d.func if isinstance(d, Call) else d for d in function.node.decorators)
            names = [self._inference.type_of(decorator, scope).name for decorator in used]
            self._injected[function] = any(n in index.functions or n in index.classes for n in names)
        return self._injected[function]

    def _asked_of(self, function: FunctionInfo, depth: int) -> dict[str, set[Constant]]:
        """The parameters that a function, or what it hands them on to, tests, with the constants that it compares them with."""
        key = (function, depth)
        if key in self._asked:
            return self._asked[key]
        given = {p.name for p in function.node.parameters if p.kind in {"", "k"}} - {"self", "cls"}
        own = given & self._settled_in(function) if given else given
        found: dict[str, set[Constant]] = {}
        self._asked[key] = found
        if not depth:
            told = own | (self._filled_in(function).keys() if own != given else own)
            for test in tests(function) if told else ():
                for name, constants in asks(test):
                    if name in told:
                        found.setdefault(name, set()).update(constants)
            return found
        found.update((name, set(constants)) for name, constants in self._asked_of(function, 0).items())
        if not own:
            return found
        for edge in self._edges(function):
            if not _hands_on(edge.site, own):
                continue
            asked = self._asked_of(edge.target, depth - 1)
            for name, value, is_default in self._arguments(edge.site, edge.target, edge.kind):
                if name in asked and not is_default and isinstance(value, Name) and value.id in own:
                    found.setdefault(value.id, set()).update(asked[name])
        return found

    def _filled_in(self, function: FunctionInfo) -> dict[str, tuple[Site, ...]]:
        """The parameters of a function that it gives another value on some branches, with those values."""
        if function not in self._filled:
            self._filled[function] = filled(function)
        return self._filled[function]

    def _settled_in(self, function: FunctionInfo) -> frozenset[str]:
        """The names of a function that mean the same wherever they stand in it."""
        if function not in self._settled:
            self._settled[function] = settled(function)
        return self._settled[function]


def _known(value: Expr) -> set[_Known]:
    """What an expression says of its own value."""
    match value:
        case Const():
            constant = constant_of(value)
            return {_NOT_NONE} if constant is None else {(True, constant)}
        case Seq():
            return {_NOT_NONE, *((_TRUE,) if any(not isinstance(item, Star) for item in value.items) else ())}
        case Format():
            start = begins(value)
            return {_NOT_NONE} if start is None else {(True, start)}
        case Dict() | Lambda() | Comp():
            return {_NOT_NONE}
        case Call() if isinstance(value.func, Name) and value.func.id in _MAKERS:
            return {_NOT_NONE}
        case Op() if value.op == "Or":
            # It is true, or the last of them.
            return _traits(_known(value.operands[-1])) - {_FALSE}
        case Op() if value.op != "And":
            return {_NOT_NONE}
        case IfExp():
            return _traits(_known(value.body)) & _traits(_known(value.orelse))
    return set()


def _traits(known: set[_Known]) -> set[_Known]:
    """Whether a value is other than None, and whether it is true."""
    found: set[_Known] = set()
    for holding, constant in known:
        if not holding or constant == FALSY:
            found |= {(holding, constant)} & {_NOT_NONE, _TRUE, _FALSE}
        else:
            found.add(_TRUE if constant[1] else _FALSE)
            found |= {_NOT_NONE} if constant != NONE else set()
    return found


def _narrowed(name: str, known: _Known, constants: set[Constant]) -> Iterator[Fact]:
    """What is known of a value, as far as somebody asks for it: a text that nothing is compared with is any text."""
    holding, constant = known
    if constant in constants or constant in {NONE, FALSY} or constant[0] == "bool":
        yield Fact(name, holding, constant)
    else:
        yield from (Fact(name, *trait) for trait in _traits({known}) if holding)
        for other in constants:
            answer = is_answered(holding, constant, other)
            if answer is not None:
                yield Fact(name, answer, other)


def _hands_on(site: Site, names: set[str]) -> bool:
    """Whether one of these names is an argument of a call."""
    call = site.node
    given = (*call.args, *[k.value for k in call.keywords]) if isinstance(call, Call) else ()
    return any(isinstance(value, Name) and value.id in names for value in given)


def _last(called: Expr) -> str:
    return called.attr if isinstance(called, Attr) else getattr(called, "id", "")
