"""What runs beside requests: jobs of task queues and schedulers, and tasks that go on in the service's own process."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator
from dataclasses import replace
from functools import cached_property
from typing import TYPE_CHECKING

from pitstop.project.calls import Calls, Context, Reach, at
from pitstop.project.edges import RUNS, SPAWNS
from pitstop.project.facts import Attr, Call, Expr, Seq, dotted
from pitstop.project.imports import imported
from pitstop.project.routes import Route, Routes

if TYPE_CHECKING:
    from pitstop.project.index import Index
    from pitstop.project.inference import Inference, Scope
    from pitstop.project.model import ClassInfo, FunctionInfo, Module
    from pitstop.project.sites import Site

_IN_A_WORKER = {
    "arq": {"cron", "func"},
    "celery": {"periodic_task", "shared_task", "task"},
    "dramatiq": {"actor"},
    "huey": {"db_periodic_task", "db_task", "periodic_task", "task"},
    "procrastinate": {"periodic", "task"},
    "rq": {"job"},
    "saq": {"CronJob"},
    "taskiq": {"task"},
    "temporalio": {"defn"},
}
"""Decorators and functions that make jobs for a worker, by the package that they come from."""
_IN_THE_SERVICE = {
    "aiocron": {"crontab"},
    "apscheduler": {"add_job", "add_schedule", "scheduled_job"},
    "fastapi_restful": {"repeat_every"},
    "fastapi_utilities": {"repeat_at", "repeat_every"},
    "fastapi_utils": {"repeat_every"},
}
"""The same for what repeats functions in the process that started it."""
_WORDS = {word for known in (_IN_A_WORKER, _IN_THE_SERVICE) for words in known.values() for word in words}
_NO_SERVICE = ("test", "script", "migrat", "alembic", "example", "bench", "seed", "cookbook", "docs/")
UNSEEN = "no route was seen to get there"
UNAWAITED = "a job does it, and no request waits"


class Jobs:
    """The jobs of a project, and what runs because of them."""

    def __init__(self, index: Index, inference: Inference, routes: Routes, calls: Calls) -> None:
        self._index = index
        self._types = inference
        self._routes = routes
        self._calls = calls

    @cached_property
    def all(self) -> tuple[Route, ...]:
        """The jobs, each once: of kind `job` where a worker runs it, `background` where the service does."""
        found: dict[str, Route] = {}
        for kind, function in (*self._spawned(), *self._declared()):
            found.setdefault(function.qualname, Route((), "", function, None, None, kind=kind))
        return tuple(found.values())

    def runs(self, function: FunctionInfo, site: Site | None = None) -> Reach | None:
        """How a function, or one site in it, runs at all: within requests, else within jobs; None when nothing is seen to run it."""
        within = self._calls.reach(function, site)
        if within is not None:
            return within
        found = at(self._reached, function, site)
        return replace(found, doubt=UNAWAITED) if found is not None else None

    def has(self, function: FunctionInfo) -> bool:
        """Whether a job runs a function, too or alone."""
        return at(self._reached, function, None) is not None

    def on_loop(self, function: FunctionInfo, site: Site | None = None) -> Reach | None:
        """How a function, or one site in it, runs on the event loop that requests are served by.

        A coroutine of the service's code that nothing is seen to run is on some event loop as well: of it the answer
        says so, and names no route.
        """
        key: tuple[str, Context] = (function.qualname, "loop")
        ways = [reached[key] for reached in (self._calls.reached, self._in_the_service) if key in reached]
        if ways:
            told = (way if site is None else way.at(site) for way in ways)
            return next((way for way in told if way is not None), None)
        if not function.is_async or key in self._reached or function.qualname in self._elsewhere:
            return None
        if function.yields:
            # What is entered as the service starts, or by a `with` that nothing runs: a lifespan that is handed about.
            return None
        module = function.module
        if not self.serves(module) or any(part in module.path.lower() for part in _NO_SERVICE):
            return None
        return Reach("loop", (), (), doubt=UNSEEN)

    # --- what is reached ---------------------------------------------------------------------------------------------

    @cached_property
    def _reached(self) -> dict[tuple[str, Context], Reach]:
        return self._calls.reach_from((job, (job.function,)) for job in self.all)

    @cached_property
    def _in_the_service(self) -> dict[tuple[str, Context], Reach]:
        return self._calls.reach_from((job, (job.function,)) for job in self.all if job.kind == "background")

    @cached_property
    def _starting(self) -> dict[str, FunctionInfo]:
        """What runs before the first request: nobody waits for it but the start."""
        return self._closure(self._routes.starting)

    @cached_property
    def _elsewhere(self) -> dict[str, FunctionInfo]:
        """What runs at the start, or on an event loop made for it: `asyncio.run(main())`."""
        return {**self._starting, **self._closure(self._run_alone())}

    def _run_alone(self) -> Iterator[FunctionInfo]:
        scopes: tuple[Scope, ...] = (*self._index.by_path.values(), *self._index.functions.values())
        for scope in scopes:
            for site in scope.sites:
                call = site.node
                if isinstance(call, Call) and _last(call.func) in RUNS and call.args:
                    first = call.args[0]
                    named = first.func if isinstance(first, Call) else first
                    yield from self._named(named, scope) or self._below(named, scope)

    def _below(self, expr: Expr, scope: Scope) -> Iterator[FunctionInfo]:
        """What `self.run` may be where a class leaves it to those below it, and says nothing of it itself."""
        owner = getattr(scope, "owner", None)
        if owner is None or not isinstance(expr, Attr) or dotted(expr.value) != "self":
            return
        for cls in self._index.classes.values():
            method = cls.methods.get(expr.attr)
            if method is not None and owner in self._types.mro(cls.qualname):
                yield method

    def _closure(self, functions: Iterable[FunctionInfo]) -> dict[str, FunctionInfo]:
        found = {function.qualname: function for function in functions}
        todo = deque(found.values())
        while todo:
            for edge in self._calls.edges(todo.popleft()):
                if edge.kind != "defer" and edge.target.qualname not in found:
                    found[edge.target.qualname] = edge.target
                    todo.append(edge.target)
        return found

    def serves(self, module: Module) -> bool:
        """Whether a file is imported, however deep, by one that has routes: what else a repository holds is no part of the service."""
        return module.path in self._served

    @cached_property
    def _served(self) -> dict[str, Module]:
        return imported(self._index, (route.function.module for route in self._routes.all))

    # --- jobs --------------------------------------------------------------------------------------------------------

    def _spawned(self) -> Iterator[tuple[str, FunctionInfo]]:
        """What is set going as the service starts, and goes on beside its requests."""
        for function in self._starting.values():
            for site in function.calls:
                call = site.node
                assert isinstance(call, Call)
                if _last(call.func) in SPAWNS and call.args:
                    first = call.args[0]
                    targets = self._calls.targets(first, function) if isinstance(first, Call) else ()
                    yield from (
                        ("background", target) for target in (*targets, *self._named(first, function))
                    )

    def _declared(self) -> Iterator[tuple[str, FunctionInfo]]:
        for module in self._index.by_path.values():
            yield from self._handed(module.sites, module)
        for function in self._index.functions.values():
            for decorator in function.node.decorators:
                kind = self._kind(
                    decorator.func if isinstance(decorator, Call) else decorator, function.module
                )
                if kind:
                    yield kind, function
            yield from self._handed(function.calls, function)
        for cls in self._index.classes.values():
            yield from self._in_class(cls)

    def _handed(self, sites: tuple[Site, ...], scope: Scope) -> Iterator[tuple[str, FunctionInfo]]:
        """Functions handed to a scheduler: `scheduler.add_job(poll, ...)`."""
        for site in sites:
            if isinstance(site.node, Call):
                yield from self._handed_to(site.node, scope)

    def _handed_to(self, call: Call, scope: Scope) -> Iterator[tuple[str, FunctionInfo]]:
        kind = self._kind(call.func, scope) if call.args else ""
        if kind:
            yield from ((kind, target) for target in self._named(call.args[0], scope))

    def _in_class(self, cls: ClassInfo) -> Iterator[tuple[str, FunctionInfo]]:
        """`run` of a Celery task that is a class; what the settings of an arq worker list."""
        method = cls.methods.get("run")
        if method is not None and any(
            base.startswith("celery.") and base.endswith("Task")
            for base in self._types.external_bases(cls.qualname)
        ):
            yield "job", method
        if cls.name != "WorkerSettings":
            return
        for name in ("functions", "cron_jobs"):
            assigned = cls.attributes.get(name)
            for item in (
                assigned.value.items if assigned is not None and isinstance(assigned.value, Seq) else ()
            ):
                yield from (("job", target) for target in self._named(item, cls.module))
                if isinstance(item, Call):
                    yield from self._handed_to(item, cls.module)

    def _kind(self, called: Expr, scope: Scope) -> str:
        """`job` or `background`, for what makes one."""
        last = _last(called)
        if last not in _WORDS:
            return ""
        package = self._types.type_of(called, scope).name.partition(".")[0]
        for kind, known in (("job", _IN_A_WORKER), ("background", _IN_THE_SERVICE)):
            # Brokers and the like come in packages of their own: taskiq_redis.
            if any(package.startswith(start) and last in words for start, words in known.items()):
                return kind
        return ""

    def _named(self, expr: Expr, scope: Scope) -> tuple[FunctionInfo, ...]:
        found = self._types.type_of(expr, scope)
        function = self._index.functions.get(found.name) if found.kind == "function" else None
        return (function,) if function is not None else ()


def _last(called: Expr) -> str:
    return called.attr if isinstance(called, Attr) else getattr(called, "id", "")
