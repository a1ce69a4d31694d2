"""Refuses MongoDB servers that the run may not use: pymongo's clients ask and look for none of them, so nothing waits in vain."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable
from types import ModuleType
from typing import Any

from .guard import Address, Guard, server_of

_KIND = "mongodb"


def _seeds(topology: Any) -> list[Address]:
    """The servers that a client was given."""
    return [server_of(_KIND, *seed[:2]) for seed in topology._settings.seeds]


def _watch(guard: Guard, module: ModuleType) -> None:
    """Let a client look for its servers only if it may use them, and say so where it wants one."""
    owner = module.Topology
    opening: Callable[..., Any] = owner.open
    # It waits for all that want a server: before 4.9, sessions asked it past `select_servers`.
    selecting: Callable[..., Any] = owner._select_servers_loop

    def may(topology: Any) -> bool:
        return all(guard.allows(seed) for seed in _seeds(topology))

    def check(topology: Any) -> None:
        for seed in _seeds(topology):
            guard.check(seed)

    if inspect.iscoroutinefunction(opening):

        @functools.wraps(opening)
        async def open_(self: Any) -> None:
            if may(self):
                await opening(self)

        @functools.wraps(selecting)
        async def select(self: Any, *args: Any, **named: Any) -> Any:
            check(self)
            return await selecting(self, *args, **named)

    else:

        @functools.wraps(opening)
        def open_(self: Any) -> None:
            if may(self):
                opening(self)

        @functools.wraps(selecting)
        def select(self: Any, *args: Any, **named: Any) -> Any:
            check(self)
            return selecting(self, *args, **named)

    owner.open, owner._select_servers_loop = open_, select


def _fence(guard: Guard, module: ModuleType) -> None:
    """Refuse what a server that may be used names as others of its set."""
    for name in ("_create_connection", "_async_create_connection"):
        original: Callable[..., Any] | None = vars(module).get(name)
        if original is not None:
            vars(module)[name] = _checked(guard, original)


def _checked(guard: Guard, original: Callable[..., Any]) -> Callable[..., Any]:
    @functools.wraps(original)
    def connect(address: Any, *args: Any, **named: Any) -> Any:
        guard.check(server_of(_KIND, *address[:2]))
        return original(address, *args, **named)

    return connect


def install(guard: Guard, after: Callable[[str, Callable[[ModuleType], None]], None]) -> None:
    """Guard pymongo, on which motor and the others stand; before its version 4.9 it had but one half."""
    for name in ("pymongo.topology", "pymongo.synchronous.topology", "pymongo.asynchronous.topology"):
        after(name, lambda module: _watch(guard, module))
    for name in ("pymongo.pool", "pymongo.pool_shared"):
        after(name, lambda module: _fence(guard, module))
