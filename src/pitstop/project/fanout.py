"""Where several coroutines run at once: `gather`, task groups, `wait` and `as_completed`, and what each of them runs."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from pitstop.project.edges import SPAWNS
from pitstop.project.facts import (
    Attr,
    Await,
    Call,
    Comp,
    Expr,
    For,
    Name,
    OtherExpr,
    Seq,
    Star,
    Sub,
    With,
    dotted,
)
from pitstop.project.hierarchy import self_assignments
from pitstop.project.inference import Inference
from pitstop.project.loops import open_loop
from pitstop.project.model import FunctionInfo
from pitstop.project.sites import Site

_GATHERS = {"asyncio.gather", "asyncio.wait", "asyncio.as_completed"}
_GROUPS = {"asyncio.TaskGroup", "anyio.create_task_group()", "anyio.abc.TaskGroup"}
_LIMITERS = {
    "asyncio.Semaphore",
    "asyncio.BoundedSemaphore",
    "asyncio.Lock",
    "anyio.CapacityLimiter",
    "anyio.Semaphore",
    "anyio.Lock",
    "aiolimiter.AsyncLimiter",
}
_CONFIGURED = {"app_settings", "cfg", "conf", "config", "settings"}
_LIMITING = re.compile(r"sem\b|sema|limit|lock|throttl|mutex|slot|concurren", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Task:
    """One call handed to a fan-out; `loop` is the loop that hands over many like it, None when it is written out."""

    site: Site
    call: Call
    loop: For | Comp | None


@dataclass(frozen=True, slots=True)
class FanOut:
    """Coroutines that one function starts together and waits for."""

    function: FunctionInfo
    site: Site
    """The `gather`, or the start of a task in a group."""
    tasks: tuple[Task, ...]


def fan_outs(types: Inference, function: FunctionInfo) -> Iterator[FanOut]:
    """The fan-outs of a function, in the order of the text."""
    if not function.is_async:
        return
    sites = {id(site.node): site for site in function.sites}
    for site in function.calls:
        call = site.node
        assert isinstance(call, Call)
        last = dotted(call.func).rpartition(".")[2]
        if last in {"gather", "wait", "as_completed"} and types.type_of(call.func, function).name in _GATHERS:
            given = [a.value if isinstance(a, Star) else a for a in call.args]
            tasks = tuple(task for a in given for task in _tasks(types, function, a, sites))
            if tasks:
                yield FanOut(function, site, tasks)
        elif last in SPAWNS and site.loops and _is_group(types, function, call):
            started = _started(types, function, call)
            loop = open_loop(types, function, site)
            # A group entered within the loop waits in each turn.
            if started is not None and loop is not None and not any(w.at > loop.at for w in site.withs):
                yield FanOut(function, site, (Task(site, started, loop),))


def is_limited(types: Inference, function: FunctionInfo, site: Site) -> bool:
    """Whether a site stands under a semaphore or a lock, by its type or by its name."""
    return any(_is_limiter(types, function, block) for block in site.withs)


def _is_limiter(types: Inference, function: FunctionInfo, block: With) -> bool:
    for item in block.items:
        if types.type_of(item.context, function).name in _LIMITERS:
            return True
        if _LIMITING.search(dotted(item.context.func if isinstance(item.context, Call) else item.context)):
            return True
    return False


def _is_group(types: Inference, function: FunctionInfo, call: Call) -> bool:
    receiver = getattr(call.func, "value", None)
    return types.type_of(receiver, function).name in _GROUPS


def _started(types: Inference, function: FunctionInfo, call: Call) -> Call | None:
    """The coroutine's call within `create_task(f(x))`; `start_soon(f, x)` itself."""
    inner = call.args[0] if call.args else None
    if isinstance(inner, Call):
        last = dotted(inner.func).rpartition(".")[2]
        if last in {*SPAWNS, "wait_for", "shield"} and types.type_of(inner.func, function).kind == "external":
            return _started(types, function, inner) or inner
        return inner
    return call if dotted(call.func).endswith("start_soon") and inner is not None else None


def _tasks(
    types: Inference, function: FunctionInfo, given: Expr, sites: dict[int, Site], depth: int = 0
) -> Iterator[Task]:
    match given:
        case Call() if dotted(given.func) in {"list", "tuple", "set"} and len(given.args) == 1:
            yield from _tasks(types, function, given.args[0], sites, depth)
        case Call():
            yield from _task(types, function, given, sites)
        case Comp() if given.kind != "dict":
            yield from _task(types, function, given.elements[-1], sites)
        case Seq():
            for item in given.items:
                inner = item.value if isinstance(item, Star) else item
                yield from _tasks(types, function, inner, sites, depth)
        case Name() if depth < 3:
            for binding in function.bindings.get(given.id, ()):
                if binding.how == "value" and binding.value is not None and not binding.index:
                    yield from _tasks(types, function, binding.value, sites, depth + 1)
            for site in function.calls:
                call = site.node
                if (
                    isinstance(call, Call)
                    and dotted(call.func) in {f"{given.id}.append", f"{given.id}.add"}
                    and call.args
                ):
                    yield from _tasks(types, function, call.args[0], sites, depth + 1)
            for site in function.calls:
                if (
                    isinstance(site.node, Call)
                    and dotted(site.node.func) == f"{given.id}.extend"
                    and site.node.args
                ):
                    yield from _tasks(types, function, site.node.args[0], sites, depth + 1)
        case _:
            return


def _task(types: Inference, function: FunctionInfo, value: Expr, sites: dict[int, Site]) -> Iterator[Task]:
    if isinstance(value, Await) or not isinstance(value, Call):
        return
    last = dotted(value.func).rpartition(".")[2]
    call: Call | None = value
    if last.endswith("create_task") or last in {*SPAWNS, "wait_for", "shield"}:
        call = _started(types, function, value)
    if call is None or id(call) not in sites:
        return
    site = sites[id(call)]
    yield Task(site, call, _data_loop(types, function, site))


def _data_loop(types: Inference, function: FunctionInfo, site: Site) -> For | Comp | None:
    """The loop around a task whose number of turns the data decides; not one over a slice."""
    loop = open_loop(types, function, site)
    if loop is None:
        return None
    sources = [loop.iter] if isinstance(loop, For) else [g.iter for g in loop.generators]
    if any(
        is_slice(function, source)
        or is_configured(function, source)
        or _is_written_out(types, function, source)
        for source in sources
    ):
        return None
    return loop


def _is_written_out(types: Inference, function: FunctionInfo, source: Expr) -> bool:
    """`self.queues`, where the object is made with a tuple of as many as the code says."""
    if not (isinstance(source, Attr) and isinstance(source.value, Name)) or function.owner is None:
        return False
    init = types.member_function(function.owner.qualname, "__init__")
    made = self_assignments(init).get(source.attr, []) if init is not None else []
    is_self = bool(function.node.parameters) and source.value.id == function.node.parameters[0].name
    return is_self and len(made) == 1 and _is_plain_tuple(made[0].value)


def _is_plain_tuple(value: Expr | None) -> bool:
    return (
        isinstance(value, Seq) and value.kind == "tuple" and not any(isinstance(i, Star) for i in value.items)
    )


def is_configured(function: FunctionInfo, source: Expr) -> bool:
    """`settings.providers`, `config.hosts`, `PLUGINS`: as many as somebody wrote down."""
    if isinstance(source, Seq):
        return all(not isinstance(i, Star) or is_configured(function, i.value) for i in source.items)
    if isinstance(source, Name):
        bound = function.bindings.get(source.id, ())
        if not bound:
            return source.id.isupper()
        return len(bound) == 1 and isinstance(bound[0].value, Seq) and is_configured(function, bound[0].value)
    names = dotted(source).split(".")
    return names[-1].isupper() or bool(_CONFIGURED & {name.lower() for name in names[:-1]})


def is_slice(function: FunctionInfo, source: Expr, depth: int = 0) -> bool:
    """`items[a:b]`, here or where the name is bound: as many as the slice is long."""
    if isinstance(source, Sub):
        text = function.module.text(source.index)
        return isinstance(source.index, OtherExpr) and ":" in text and not text.rstrip().endswith(":")
    if isinstance(source, Call) and dotted(source.func) in {"enumerate", "list", "zip"} and source.args:
        return any(is_slice(function, argument, depth) for argument in source.args)
    if isinstance(source, Name) and depth < 3:
        bound = function.bindings.get(source.id, ())
        return bool(bound) and any(
            b.how == "value" and b.value is not None and is_slice(function, b.value, depth + 1) for b in bound
        )
    return False
