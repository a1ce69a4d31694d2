"""How often a loop turns: a number the code fixes, once, or as many times as there are rows."""

from __future__ import annotations

import re
from collections.abc import Iterator

from pitstop.project.calls import Step
from pitstop.project.constancy import is_settings
from pitstop.project.facts import (
    Assign,
    Attr,
    Await,
    Call,
    Comp,
    Const,
    Dict,
    Expr,
    For,
    If,
    Name,
    Op,
    Other,
    Return,
    Seq,
    Star,
    Statement,
    Sub,
    Try,
    While,
    With,
    blocks,
    children,
    dotted,
)
from pitstop.project.guards import conjuncts, is_for_one_key, tests
from pitstop.project.inference import Inference
from pitstop.project.model import FunctionInfo, Module
from pitstop.project.sites import Site

_BATCHES = {"batch", "batches", "batched", "chunk", "chunked", "chunks", "page", "pages", "partition", "partitions"} | {
    "slice", "slices",
}  # fmt: skip
_RETRIES = {"attempt", "attempts", "backoff", "retries", "retry", "tries", "try"}
_SAME_LENGTH = {"enumerate", "list", "reversed", "set", "sorted", "tuple", "zip"}
_KEYS = {"code", "id", "key", "name", "slug", "uuid"}
"""Attributes by which one row is told from all others."""
_GROWS = {"append", "extend", "add", "insert", "update"}


def open_loop(types: Inference, function: FunctionInfo, site: Site) -> For | Comp | None:
    """The innermost loop around a site whose number of turns the data decides."""
    for loop in reversed(site.loops):
        if isinstance(loop, For):
            if not _is_bounded(types, function, loop.target, loop.iter) and not _turns_once(loop, site):
                return loop
        elif isinstance(loop, Comp) and not all(
            _is_bounded(types, function, g.target, g.iter) for g in loop.generators
        ):
            return loop
    return None


def is_search(loop: For | Comp) -> bool:
    """Whether a loop may end early, at what it looks for."""
    return isinstance(loop, For) and any(_ends(loop.body, in_branch=True))


def is_picked(types: Inference, function: FunctionInfo, site: Site, loop: For | Comp) -> bool:
    """Whether a test around the site lets few turns through.

    `if key == wanted` and `if row.key == "one"` let one, `if key in FEW` as many as the code names, and
    `isinstance(item, Special)` those of one kind.
    """
    if not isinstance(loop, For):
        return False
    own = _names(loop.target)
    return any(_picks(types, function, test, own) for test in tests(site, loop))


def _picks(types: Inference, function: FunctionInfo, test: Expr, own: set[str]) -> bool:
    if isinstance(test, Call):
        return (
            dotted(test.func) == "isinstance"
            and len(test.args) == 2
            and bool(_names(test.args[0]) & own)
            and not isinstance(test.args[1], Seq)
        )
    if not (isinstance(test, Op) and len(test.operands) == 2):
        return False
    one, other = test.operands
    if test.op == "In":
        return bool(_names(one) & own) and is_constant(types, function, other)
    if test.op != "Eq":
        return False
    if not _names(one) & own:
        one, other = other, one
    if not _names(one) & own:
        return False
    if isinstance(other, Const):
        # What one row in a few has, as `kind` or `status`, many may have.
        return isinstance(one, Attr) and one.attr in _KEYS
    return isinstance(other, Name) and other.id not in own


def is_kept(function: FunctionInfo, site: Site, loop: For | Comp) -> bool:
    """Whether what a turn finds is kept for later turns with the same key: `if key not in found: found[key] = ...`."""
    if not isinstance(loop, For):
        return False
    kept = {
        dotted(target.value)
        for statement in _inner(loop.body)
        if isinstance(statement, Assign)
        for target in statement.targets
        if isinstance(target, Sub)
    }
    kept |= {
        dotted(node.func.value)
        for node in (inner.node for inner in function.calls if loop in inner.loops)
        if isinstance(node, Call) and isinstance(node.func, Attr) and node.func.attr == "setdefault"
    }
    if not kept:
        return False
    tests = [guard for guard in site.guards if guard.at > loop.at]
    if any(_asked(guard, function, loop) & kept for guard in tests):
        return True
    # `if key in found: continue`, before.
    return any(
        isinstance(statement, If)
        and statement.at < site.node.at
        and isinstance(statement.test, Op)
        and statement.test.op == "In"
        and dotted(statement.test.operands[1]) in kept
        and isinstance(statement.body[-1], Other)
        and statement.body[-1].kind == "Continue"
        for statement in loop.body
    )


def runs_once(site: Site, loop: For | Comp) -> bool:
    """Whether a test in the loop lets one turn through: `if known is None: known = ...`, `if not done: done = True`."""
    tests = {guard.at for guard in site.guards if guard.at > loop.at}
    if not tests or not isinstance(loop, For):
        return False
    for statement in _inner(loop.body):
        if not isinstance(statement, If) or statement.test.at not in tests:
            continue
        asked = {_asked_for(part) for part in conjuncts(statement.test)}
        inside = not statement.orelse or site.node.at < statement.orelse[0].at
        # What is bound anew on each turn is asked for anew.
        fresh = _names(loop.target) | {
            dotted(t) for s in loop.body if isinstance(s, Assign) for t in s.targets
        }
        asked = {name for name in asked if name and name.partition(".")[0] not in fresh}
        if inside and any(
            dotted(target) in asked
            for inner in _inner(statement.body)
            if isinstance(inner, Assign)
            for target in inner.targets
        ):
            return True
    return False


def _asked_for(test: Expr) -> str:
    """The name that a test finds empty: `x is None`, `not x`."""
    if isinstance(test, Op) and test.op in {"Is", "Not"}:
        return dotted(test.operands[0])
    return ""


def returns_found_before(step: Step) -> bool:
    """Whether an `if found is not None: return found` stands before a site: it is asked only for what is not known yet."""
    for statement in _inner(step.function.node.body):
        if statement.at >= step.site.node.at:
            continue
        if not isinstance(statement, If) or not any(
            isinstance(s, Return) and s.value for s in _inner(statement.body)
        ):
            continue
        test = statement.test
        if isinstance(test, Op) and test.op == "IsNot" and isinstance(test.operands[0], Name):
            test = test.operands[0]
        if isinstance(test, Name) and any(
            b.how == "value" and isinstance(b.value, (Call, Await))
            for b in step.function.bindings.get(test.id, ())
        ):
            return True
    return False


def _asked(guard: Expr, function: FunctionInfo, loop: For) -> set[str]:
    """The mappings that a test asks whether they hold a key, at once or by what `get` gave before."""
    match guard:
        case Op() if guard.op in {"In", "NotIn"}:  # of `if key in known` it is the `else` that asks
            return {dotted(guard.operands[1])}
        case Op() if guard.op in {"And", "Or"}:
            return {name for operand in guard.operands for name in _asked(operand, function, loop)}
        case Op() if guard.op in {"Is", "Not"} and isinstance(guard.operands[0], Name):
            asked = guard.operands[0].id
            return {
                dotted(statement.value.func.value)
                for statement in _inner(loop.body)
                if isinstance(statement, Assign)
                and any(isinstance(t, Name) and t.id == asked for t in statement.targets)
                and isinstance(statement.value, Call)
                and isinstance(statement.value.func, Attr)
                and statement.value.func.attr == "get"
            }
        case Op() if guard.op == "Not":
            inner = guard.operands[0]
            return {dotted(inner.operands[1])} if isinstance(inner, Op) and inner.op == "In" else set()
    return set()


def is_constant(types: Inference, scope: FunctionInfo | Module, source: Expr, depth: int = 0) -> bool:
    """Whether an iterable has a length that the code fixes: a literal, a constant, an enumeration, a small range."""
    match source:
        case Seq():
            return not any(isinstance(item, Star) for item in source.items)
        case Dict() | Const():
            return True
        case Op() if source.op == "Or":
            return all(is_constant(types, scope, o, depth + 1) for o in source.operands)
        case Call() if dotted(source.func) == "range":
            return all(isinstance(a, Const) or _is_step(a) for a in source.args) or len(source.args) == 3
        case Comp():
            return all(is_constant(types, scope, g.iter, depth + 1) for g in source.generators)
        case Call() if dotted(source.func) in _SAME_LENGTH:
            return any(is_constant(types, scope, a, depth + 1) for a in source.args[:2])
        case Call() if isinstance(source.func, Attr) and source.func.attr in {"items", "values", "keys"}:
            return is_constant(types, scope, source.func.value, depth + 1)
        case Call() if depth < 3:
            made = types.index.functions.get(types.type_of(source.func, scope).name)
            given = made.returns if made is not None else ()
            return bool(given) and all(is_constant(types, made or scope, r, depth + 1) for r in given)
        case Name() if depth < 3:
            return _is_constant_name(types, scope, source.id, depth)
        case Attr() if depth < 3:
            found = types.type_of(source, scope)
            if found.kind == "class":
                return is_enumeration(types, found.name)
            return source.attr.isupper() or _is_setting(types, scope, source)
    return False


def _is_setting(types: Inference, scope: FunctionInfo | Module, source: Attr) -> bool:
    """Whether an attribute is one of the settings of the service: somebody wrote it by hand."""
    owner = types.type_of(source.value, scope)
    return owner.kind == "instance" and is_settings(types, owner.name)


def _is_bounded(types: Inference, function: FunctionInfo, target: Expr, source: Expr) -> bool:
    """Whether a loop runs a fixed number of times, retries, takes many rows a turn, or goes over what is no data."""
    names = {word for name in _names(target) for word in _words(name)}
    if names & (_RETRIES | _BATCHES):
        return True
    if isinstance(source, Call):
        called = dotted(source.func)
        if called == "range" and set(_words(function.module.text(source))) & _RETRIES:
            return True
        if set(_words(called.rpartition(".")[2])) & _BATCHES or called.endswith("get_args"):
            return True
    found = types.type_of(source, function)
    if found.kind == "instance" and "pydantic.BaseModel" in types.external_bases(found.name):
        # It goes over the fields of one object.
        return True
    element = types.element(found)
    if element.kind in {"class", "function"} or is_enumeration(types, element.name):
        return True
    return _is_finished_tasks(function, source) or is_constant(types, function, source)


def _is_finished_tasks(function: FunctionInfo, source: Expr) -> bool:
    """`done, pending = await asyncio.wait(...)`: as many as were waited for."""
    if isinstance(source, Call):
        return dotted(source.func).endswith("as_completed")
    if not isinstance(source, Name):
        return False
    values = (binding.value for binding in function.bindings.get(source.id, ()))
    return any(
        isinstance(v, Await) and isinstance(v.value, Call) and dotted(v.value.func) == "asyncio.wait"
        for v in values
    )


def _turns_once(loop: For, site: Site) -> bool:
    """Whether one turn comes to the site: for one key, or the first, whose body ends in `return` or `break` or tries to."""
    if is_for_one_key(site, loop):
        return True
    return not any(guard.at > loop.at for guard in site.guards) and any(_ends(loop.body, in_branch=False))


def _ends(body: tuple[Statement, ...], *, in_branch: bool) -> Iterator[bool]:
    """A value for each `return` or `break` that ends the loop with this body, those in branches only if asked for."""
    for statement in body:
        match statement:
            case Return():
                yield True
            case Other() if statement.kind == "Break":
                yield True
            case With():
                yield from _ends(statement.body, in_branch=in_branch)
            case Try():
                yield from _ends(statement.body, in_branch=in_branch)
                yield from _ends(statement.orelse, in_branch=in_branch)
            case If() if in_branch:
                for block in blocks(statement):
                    yield from _ends(block, in_branch=True)
            case For() | While() if in_branch:
                # A `break` in there ends the inner loop only; a `return` ends both.
                yield from (True for s in _inner(statement.body) if isinstance(s, Return))


def _inner(body: tuple[Statement, ...]) -> Iterator[Statement]:
    for statement in body:
        yield statement
        for block in blocks(statement):
            yield from _inner(block)


def _is_constant_name(types: Inference, scope: FunctionInfo | Module, name: str, depth: int) -> bool:
    if isinstance(scope, FunctionInfo) and name in scope.bindings:
        bound = scope.bindings[name]
        grows = any(
            isinstance(site.node, Call)
            and isinstance(site.node.func, Attr)
            and site.node.func.attr in _GROWS
            and dotted(site.node.func.value) == name
            for site in scope.calls
        )
        return not grows and all(
            b.how == "value"
            and b.value is not None
            and not b.index
            and is_constant(types, scope, b.value, depth + 1)
            for b in bound
        )
    module = scope.module if isinstance(scope, FunctionInfo) else scope
    binding = types.index.member(module, name)
    if binding is None:
        return False
    if binding.how == "class":
        return is_enumeration(types, binding.target)
    home = types.index.module(binding.target)
    return (
        binding.how == "value"
        and binding.value is not None
        and home is not None
        # What a module reads from its environment is as long as somebody wrote it.
        and (
            (name.isupper() and isinstance(binding.value, Call))
            or is_constant(types, home, binding.value, depth + 1)
        )
    )


def is_enumeration(types: Inference, name: str) -> bool:
    """Whether a class of the project is an `Enum`: it has as many members as the code names."""
    return any(base.startswith("enum.") for base in types.external_bases(name))


def _is_step(expr: Expr) -> bool:
    return isinstance(expr, Op) and all(isinstance(o, Const) for o in expr.operands)


def _names(expr: Expr) -> set[str]:
    found: set[str] = set()
    todo = [expr]
    while todo:
        node = todo.pop()
        if isinstance(node, Name):
            found.add(node.id)
        todo.extend(children(node))
    return found


def _words(text: str) -> list[str]:
    return re.split(r"[^a-z0-9]+|_", text.lower())
