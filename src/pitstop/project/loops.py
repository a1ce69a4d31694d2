"""How often a loop turns: a number the code fixes, once, or as many times as there are rows."""

from __future__ import annotations

import re
from collections.abc import Iterator

from pitstop.project.calls import Step
from pitstop.project.facts import (
    Assign,
    Attr,
    Await,
    Call,
    Comp,
    Const,
    Expr,
    For,
    If,
    Name,
    Op,
    Other,
    Return,
    Seq,
    Statement,
    Sub,
    Try,
    While,
    With,
    Yield,
    blocks,
    children,
    dotted,
)
from pitstop.project.guards import conjuncts, is_for_one_key, tests
from pitstop.project.inference import Inference
from pitstop.project.lengths import is_constant, is_enumeration
from pitstop.project.model import FunctionInfo
from pitstop.project.sites import Site

_BATCHES = {"batch", "batches", "batched", "chunk", "chunked", "chunks", "page", "pages", "partition", "partitions"} | {
    "slice", "slices",
}  # fmt: skip
_RETRIES = {"attempt", "attempts", "backoff", "retries", "retry", "tries", "try"}
_KEYS = {"code", "id", "key", "name", "slug", "uuid"}
"""Attributes by which one row is told from all others."""


def open_loop(types: Inference, function: FunctionInfo, site: Site) -> For | Comp | None:
    """The innermost loop around a site whose number of turns the data decides."""
    for loop in reversed(site.loops):
        if isinstance(loop, For):
            if not (
                _is_bounded(types, function, loop.target, loop.iter)
                or _turns_once(loop, site)
                or _opens_a_database(function, loop)
            ):
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
        if _yields_few(types, function, source):
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


def _yields_few(types: Inference, function: FunctionInfo, source: Call) -> bool:
    """`async for session in get_session()`: a generator of the service turns as often as a `yield` stands in it, where none stands in a loop."""
    made = types.index.functions.get(types.type_of(source.func, function).name)
    if made is None or not made.yields:
        return False
    yields = [site for site in made.sites if isinstance(site.node, Yield)]
    return not any(site.loops or site.node.delegates for site in yields if isinstance(site.node, Yield))


def _opens_a_database(function: FunctionInfo, loop: For) -> bool:
    """Whether each turn has a database of its own: what is sent to several cannot be sent at once."""
    return any(
        loop in site.loops
        and isinstance(site.node, Call)
        and dotted(site.node.func).rpartition(".")[2] in {"create_engine", "create_async_engine"}
        for site in function.calls
    )


def _turns_once(loop: For, site: Site) -> bool:
    """Whether one turn comes to the site: for one key, or the first, whose body ends in `return` or `break` or tries to.

    To a site in a branch other turns may come where some `continue` before the end.
    """
    if is_for_one_key(site, loop):
        return True
    if not any(guard.at > loop.at for guard in site.guards):
        return any(_ends(loop.body, in_branch=False))
    last = loop.body[-1]
    leaves = isinstance(last, Return) or (isinstance(last, Other) and last.kind == "Break")
    return leaves and not any(isinstance(s, Other) and s.kind == "Continue" for s in _inner(loop.body))


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
