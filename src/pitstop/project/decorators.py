"""What decorators of the project make of a function: who runs it then, where, and whether anybody waits."""

from __future__ import annotations

from collections.abc import Iterator

from pitstop.project.facts import Attr, Call, Name
from pitstop.project.index import Index
from pitstop.project.inference import Inference
from pitstop.project.model import FunctionInfo
from pitstop.project.sites import Site

_STARTS = {"Process", "Thread", "Timer", "start_new_thread", "submit"}


class Decorators:
    """The decorators of functions that the project has itself."""

    def __init__(self, index: Index, inference: Inference) -> None:
        self._index = index
        self._inference = inference
        self._threading: dict[str, bool] = {}

    def is_started_elsewhere(self, function: FunctionInfo) -> bool:
        """Whether a decorator hands a function to a thread and does not wait, or puts in its place what never calls it."""
        return any(
            self._starts_threads(decorator) or any(_replaces(each) for each in made)
            for decorator, made in self._of(function)
        )

    def run_on_loop(
        self, function: FunctionInfo, route: Call | None = None
    ) -> tuple[FunctionInfo, Site] | None:
        """The coroutine that stands for a plain function, with its call of it on the event loop; None where there is none.

        FastAPI runs a plain handler in a thread, but sees the coroutine here. Decorators above `route`, the one that
        registers it, come too late. Where there is a wrapper for plain functions as well, nobody knows which is taken.
        """
        if function.is_async or function.yields:
            return None
        for _, made in self._of(function, below=route):
            for decorator in made:
                wrappers = _given_back(decorator)
                if not wrappers or not decorator.node.parameters or not all(w.is_async for w in wrappers):
                    continue
                wrapped = decorator.node.parameters[0].name
                for wrapper in wrappers:
                    for site in wrapper.calls:
                        if not site.awaited and not site.in_lambda and _calls(site, wrapped):
                            return wrapper, site
        return None

    def _of(
        self, function: FunctionInfo, below: Call | None = None
    ) -> Iterator[tuple[FunctionInfo, list[FunctionInfo]]]:
        """Each function that stands as a decorator, with those that get the function: itself, or what a call of it makes."""
        named = function.node.decorators
        first = next((n for n, decorator in enumerate(named, 1) if decorator is below), 0)
        for decorator in named[first:]:
            called = isinstance(decorator, Call)
            found = self._inference.type_of(
                decorator.func if isinstance(decorator, Call) else decorator,
                function.parent or function.module,
            )
            info = self._index.functions.get(found.name) if found.kind == "function" else None
            if info is not None:
                yield info, _given_back(info) if called else [info]

    def _starts_threads(self, decorator: FunctionInfo) -> bool:
        if decorator.qualname not in self._threading:
            inner = [decorator]
            for function in inner:
                inner.extend(function.nested.values())
            calls = [site.node for f in inner for site in f.calls if isinstance(site.node, Call)]
            wrapped = {f.node.parameters[0].name for f in inner if f.node.parameters}
            given = {
                handed.id
                for call in calls
                if _last(call) in _STARTS
                for handed in (*call.args, *(k.value for k in call.keywords))
                if isinstance(handed, Name)
            }
            called = {call.func.id for call in calls if isinstance(call.func, Name)}
            self._threading[decorator.qualname] = bool((wrapped & given) - called)
        return self._threading[decorator.qualname]


def _calls(site: Site, name: str) -> bool:
    return isinstance(site.node, Call) and isinstance(site.node.func, Name) and site.node.func.id == name


def _last(call: Call) -> str:
    return call.func.attr if isinstance(call.func, Attr) else getattr(call.func, "id", "")


def _replaces(decorator: FunctionInfo) -> bool:
    """Whether what a decorator gives back never mentions the function, but by its name: a worker runs it by that."""
    wrappers = _given_back(decorator)
    if not wrappers or not decorator.node.parameters:
        return False
    wrapped = decorator.node.parameters[0].name
    return not any(_uses(wrapper, wrapped) for wrapper in wrappers)


def _given_back(function: FunctionInfo) -> list[FunctionInfo]:
    """The functions in a function that it returns by their names, also as `cast(Handler, wrapper)`."""
    values = (
        v.args[-1] if isinstance(v, Call) and _last(v) == "cast" and v.args else v for v in function.returns
    )
    given = {value.id for value in values if isinstance(value, Name)}
    return [nested for name, nested in function.nested.items() if name in given]


def _uses(function: FunctionInfo, name: str) -> bool:
    """Whether a function, or one in it, does more with a name than to ask for its attributes."""
    nodes = [site.node for site in function.sites]
    asked = {id(node.value) for node in nodes if isinstance(node, Attr)}
    return any(isinstance(node, Name) and node.id == name and id(node) not in asked for node in nodes) or any(
        _uses(nested, name) for nested in function.nested.values()
    )
