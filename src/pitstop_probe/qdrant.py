"""Commands to Qdrant, through the methods of its client that name a collection: in memory, by HTTP or by gRPC."""

from __future__ import annotations

import contextlib
import functools
import hashlib
import inspect
from collections.abc import Callable
from contextvars import ContextVar
from types import ModuleType
from typing import Any

from .calls import UNDER_WAY, Call
from .commands import Command, Written, take
from .real import Real
from .state import Probe
from .stores import key_shape

_COLLECTION = "collection_name"
_READING = (
    *("collection_exists", "count", "discover", "facet", "get_", "info", "list_", "query", "recommend"),
    *("retrieve", "scroll", "search"),
)
"""How the names of methods begin that leave a collection as it was."""
_LONGEST_NAME = 100
_MOST_VALUES = 10_000
"""Of a list among the arguments, what is hashed: a vector has a few thousand numbers."""
_WITHIN: ContextVar[bool] = ContextVar("pitstop_qdrant", default=False)
"""Whether one of the client's methods is at work: they call each other."""


class Asked(Command):
    """One call of a method of the client's."""

    __slots__ = ("collection", "values")

    system = "qdrant"

    def __init__(self, operation: str, collection: Any, values: str) -> None:
        super().__init__(operation)
        self.collection = collection
        self.values = values

    def target(self) -> str:
        name = self.collection
        return key_shape(name) or name[:_LONGEST_NAME] if isinstance(name, str) else ""

    def params(self) -> str:
        return self.values

    def written(self) -> list[Written]:
        reads = self.operation.startswith(_READING)
        return [] if reads else [(self.operation, self.target(), self.values)]


class Qdrant:
    """Wraps the client's classes."""

    def __init__(self, probe: Probe) -> None:
        self._probe = probe

    def wrap(self, owner: type) -> None:
        """Note all methods of a class that name a collection."""
        for name, method in list(vars(owner).items()):
            if name.startswith("_") or not inspect.isfunction(method):
                continue
            if _COLLECTION in inspect.signature(method).parameters:
                setattr(owner, name, self._noted(name, method))

    def _begin(self, name: str, args: tuple[Any, ...], named: dict[str, Any], blocks: bool) -> Asked | None:
        request = self._probe.current()
        if request is None or _WITHIN.get():
            return None
        try:
            collection = named.get(_COLLECTION, args[0] if args else "")
            sent = named.get("points", args[1] if len(args) > 1 else None) if name == "upsert" else None
            made = Asked(name, collection, "" if sent is not None else _digest(args[1:], named))
            made.rows = _number(sent)
            on_loop = blocks and self._probe.running_loop() is not None
            return made if take(self._probe, request, made, None, on_loop) else None
        except Exception as error:
            self._probe.fault("qdrant", error)
            return None

    def _end(self, made: Asked, result: Any) -> None:
        made.end = Real.perf_ns()
        try:
            if made.rows is None:
                # of `scroll` the points come with where the next begin
                made.rows = _number(result[0] if isinstance(result, tuple) and result else result)
        except Exception as error:
            self._probe.fault("qdrant", error)

    def _noted(self, name: str, method: Callable[..., Any]) -> Callable[..., Any]:
        begin, end = self._begin, self._end

        if inspect.iscoroutinefunction(method):

            @functools.wraps(method)
            async def asked(self_: Any, *args: Any, **named: Any) -> Any:
                made = begin(name, args, named, False)
                if made is None:
                    return await method(self_, *args, **named)
                within, call = _hidden()
                result = None
                try:
                    result = await method(self_, *args, **named)
                    return result
                finally:
                    _told_again(within, call)
                    end(made, result)

        else:

            @functools.wraps(method)
            def asked(self_: Any, *args: Any, **named: Any) -> Any:
                made = begin(name, args, named, True)
                if made is None:
                    return method(self_, *args, **named)
                within, call = _hidden()
                result = None
                try:
                    result = method(self_, *args, **named)
                    return result
                finally:
                    _told_again(within, call)
                    end(made, result)

        return asked


def _hidden() -> tuple[Any, Any]:
    """Let what a command is carried out by, methods and HTTP, count as a part of it."""
    return _WITHIN.set(True), UNDER_WAY.set(Call("", "", 0, False))


def _told_again(within: Any, call: Any) -> None:
    """Take that back; a coroutine that was abandoned is closed in another context, and has nothing to take back there."""
    with contextlib.suppress(ValueError):
        _WITHIN.reset(within)
        UNDER_WAY.reset(call)


def _number(points: Any) -> int | None:
    """How many points there are in what was sent or came back; None where it is something else."""
    found = getattr(points, "points", getattr(points, "ids", points))
    return len(found) if isinstance(found, (list, tuple)) else None


def _digest(args: tuple[Any, ...], named: dict[str, Any]) -> str:
    made = hashlib.blake2b(digest_size=8)
    for key, value in [*enumerate(args), *sorted(named.items())]:
        if key != _COLLECTION:
            # the text of an array leaves most of it out
            told = value.tobytes() if hasattr(value, "tobytes") else value
            told = told[:_MOST_VALUES] if isinstance(told, (list, tuple)) else told
            made.update(f"{key}:{told!r};".encode("utf-8", "backslashreplace"))
    return made.hexdigest()


def install(probe: Probe, after: Callable[[str, Callable[[ModuleType], None]], None]) -> None:
    """Wrap the clients as they are imported."""
    qdrant = Qdrant(probe)
    after("qdrant_client.qdrant_client", lambda module: qdrant.wrap(module.QdrantClient))
    after("qdrant_client.async_qdrant_client", lambda module: qdrant.wrap(module.AsyncQdrantClient))
