"""Who calls whom: where each call of a function leads, in the project and in other packages, and whether it is waited for there."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from pitstop.project import library
from pitstop.project.decorators import Decorators
from pitstop.project.facts import (
    Attr,
    Call,
    Expr,
    ExprStatement,
    Name,
    Return,
    dotted,
)
from pitstop.project.index import Index
from pitstop.project.inference import Inference, is_property
from pitstop.project.model import FunctionInfo
from pitstop.project.sites import Site
from pitstop.project.targets import Targets

_OFFLOADS = {"run_in_executor", "run_in_threadpool", "to_thread", "sync_to_async"}
RUNS = {"run", "run_until_complete"}
"""Functions that run a coroutine on an event loop, and return when it is done."""
SPAWNS = {"create_task", "ensure_future", "start_soon"}
_DEFERS = {
    "DataLoader",
    "add_task",
    "add_job",
    "add_event_handler",
    "apply_async",
    "call_later",
    "defer",
    "delay",
    "dispatch_job",
    "enqueue",
    "enqueue_job",
    "execute_activity",
    "execute_child_workflow",
    "execute_local_activity",
    "execute_workflow",
    "schedule_job",
    "send_task",
    "signal",
    "start_activity",
    "start_child_workflow",
    "start_workflow",
    "submit_job",
    "subscribe",
}
"""Methods of task queues, schedulers and event buses: what is handed to them runs some other time."""
_PLAIN_DECORATORS = {
    "abstractmethod",
    "cache",
    "classmethod",
    "lru_cache",
    "override",
    "property",
    "staticmethod",
}
"""Decorators after which a function is called as it was before."""
EdgeKind = Literal["call", "spawn", "offload", "runs-sync", "reference", "property", "defer"]
"""`spawn` is a coroutine that is made for a task of its own: nobody waits for it there."""


@dataclass(frozen=True, slots=True)
class Edge:
    """One way from a function to another: the site that leads there."""

    kind: EdgeKind
    site: Site
    target: FunctionInfo
    choice: bool = False
    """Whether the call goes to this or to another implementation of an abstract method."""
    alone: bool = False
    """Whether a coroutine gets an event loop of its own: `asyncio.run(work())` in a plain function."""


@dataclass(frozen=True, slots=True)
class Sink:
    """A call into another package, with what the table knows of it."""

    site: Site
    name: str
    known: library.Known


class Edges:
    """Where the calls of each function lead, worked out once for each."""

    def __init__(self, index: Index, inference: Inference) -> None:
        self._index = index
        self._inference = inference
        self._targets = Targets(index, inference)
        self.decorators = Decorators(index, inference)
        self._edges: dict[str, tuple[Edge, ...]] = {}
        self._sinks: dict[str, tuple[Sink, ...]] = {}
        self._spawned: dict[str, frozenset[int]] = {}
        self._run: dict[str, frozenset[int]] = {}
        self._forgotten: dict[str, frozenset[int]] = {}

    def edges(self, function: FunctionInfo) -> tuple[Edge, ...]:
        """Where a function leads within the project."""
        if function.qualname not in self._edges:
            self._edges[function.qualname] = tuple(self._find_edges(function))
        return self._edges[function.qualname]

    def sinks(self, function: FunctionInfo) -> tuple[Sink, ...]:
        """The calls of a function into other packages that the table knows."""
        if function.qualname not in self._sinks:
            found = []
            for site in function.calls:
                assert isinstance(site.node, Call)
                name = self.external_name(site.node, function)
                known = library.known(name) if name else None
                if known is not None and not site.in_lambda:
                    found.append(Sink(site, name, known))
            self._sinks[function.qualname] = tuple(found)
        return self._sinks[function.qualname]

    def is_spawned(self, function: FunctionInfo, site: Site) -> bool:
        """Whether a call makes the coroutine of a task: `create_task(work())`."""
        return id(site.node) in self._handed_to(function, SPAWNS, self._spawned)

    def _is_run_alone(self, function: FunctionInfo, site: Site) -> bool:
        return id(site.node) in self._handed_to(function, RUNS, self._run)

    def _handed_to(
        self, function: FunctionInfo, names: set[str], known: dict[str, frozenset[int]]
    ) -> frozenset[int]:
        """The calls of a function that are arguments of calls of these names."""
        if function.qualname not in known:
            known[function.qualname] = frozenset(
                id(argument)
                for call in (found.node for found in function.calls)
                if isinstance(call, Call) and _last(call) in names
                for argument in call.args
                if isinstance(argument, Call)
            )
        return known[function.qualname]

    def _is_forgotten(self, function: FunctionInfo, call: Call, target: FunctionInfo) -> bool:
        """Whether the coroutine that a call makes never runs: `save()` on its own, or returned where only the caller is awaited.

        A generator is handed on like that to be gone through.
        """
        if function.qualname not in self._forgotten:
            self._forgotten[function.qualname] = frozenset(
                id(statement.value)
                for statement in function.statements
                if isinstance(statement, ExprStatement)
                or (isinstance(statement, Return) and function.is_async)
            )
        return target.is_async and not target.yields and id(call) in self._forgotten[function.qualname]

    def external_name(self, call: Call, function: FunctionInfo) -> str:
        """The canonical name of what is called, when it is not the project's."""
        target = self._inference.type_of(call.func, function)
        if target.kind == "external":
            return target.name
        if target.kind == "class" and target.name not in self._index.classes:
            return target.name
        return ""

    def targets(self, call: Call, function: FunctionInfo) -> tuple[FunctionInfo, ...]:
        """The project's functions that a call may run; not what a decorator hands to a thread, nor a coroutine nobody awaits."""
        found = self._targets.run_by(self._inference.type_of(call.func, function))
        return tuple(target for target in found if not self._runs_elsewhere(function, call, target))

    def _runs_elsewhere(self, function: FunctionInfo, call: Call, target: FunctionInfo) -> bool:
        return self.decorators.is_started_elsewhere(target) or self._is_forgotten(function, call, target)

    def _find_edges(self, function: FunctionInfo) -> Iterator[Edge]:
        for site in function.sites:
            node = site.node
            if isinstance(node, Call):
                yield from self._call_edges(function, site, node)
            elif isinstance(node, Attr):
                owner = self._inference.type_of(node.value, function)
                if owner.kind == "instance" and owner.name in self._index.classes:
                    method = self._inference.member_function(owner.name, node.attr)
                    if method is not None and is_property(method):
                        yield Edge("property", site, method)

    def _call_edges(self, function: FunctionInfo, site: Site, call: Call) -> Iterator[Edge]:
        targets = self._targets.run_by(self._inference.type_of(call.func, function))
        for target in targets:
            kind: EdgeKind = "spawn" if self.is_spawned(function, site) else "call"
            if self._runs_elsewhere(function, call, target):
                kind = "defer"
            elif site.awaited and _is_made_async(target) and self.decorators.run_on_loop(target) is None:
                kind = "offload"
            alone = target.is_async and not function.is_async and self._is_run_alone(function, site)
            yield Edge(kind, site, target, len(targets) > 1, alone)
        name = self.external_name(call, function)
        known = library.known(name) if name else None
        kind = "reference"
        if known is not None and known.kind == "offloads":
            kind = "offload"
        elif known is not None and known.kind == "runs-sync":
            kind = "runs-sync"
        elif known is not None and known.kind == "defers":
            kind = "defer"
        elif _last(call) in _OFFLOADS:
            kind = "offload"
        elif _last(call) in _DEFERS:
            kind = "defer"
        if name == "functools.partial":
            # It calls nothing yet: what is made of it counts where it is handed on.
            return
        for argument in (*call.args, *(k.value for k in call.keywords)):
            if isinstance(argument, (Name, Attr)) or self._is_partial(argument, function):
                found = self._inference.type_of(argument, function)
                if found.kind == "function" and found.name in self._index.functions:
                    target = self._index.functions[found.name]
                    later = kind == "reference" and self._names_a_workflow(argument, target, function)
                    yield Edge("defer" if later else kind, site, target)

    def _names_a_workflow(self, argument: Expr, target: FunctionInfo, function: FunctionInfo) -> bool:
        """Whether a coroutine method is named through its class: nobody can run it here, a worker makes the instance."""
        return (
            target.is_async
            and isinstance(argument, Attr)
            and self._inference.type_of(argument.value, function).kind == "class"
            and not any(dotted(d) in {"staticmethod", "classmethod"} for d in target.node.decorators)
        )

    def _is_partial(self, expr: Expr, function: FunctionInfo) -> bool:
        return isinstance(expr, Call) and self.external_name(expr, function) == "functools.partial"


def _is_made_async(target: FunctionInfo) -> bool:
    """Whether a decorator makes a coroutine of a plain function, as `sync_to_async` does: a thread runs it then."""
    names = {dotted(d.func if isinstance(d, Call) else d).rpartition(".")[2] for d in target.node.decorators}
    return not target.is_async and bool(names - _PLAIN_DECORATORS)


def _last(call: Call) -> str:
    return call.func.attr if isinstance(call.func, Attr) else getattr(call.func, "id", "")
