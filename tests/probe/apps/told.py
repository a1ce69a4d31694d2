"""What a service tells of itself: how long each part of a request took on its own."""

import asyncio
import contextlib
import time
from collections.abc import Iterator
from contextvars import ContextVar
from typing import Any


class Truth:
    """What one request's parts took, in milliseconds of their own, by the name of the phase."""

    def __init__(self) -> None:
        self.parts: dict[str, float] = {}
        self.ready = 0.0

    def took(self, phase: str, milliseconds: float) -> None:
        self.parts[phase] = self.parts.get(phase, 0) + milliseconds


class Part:
    """A part that runs; what runs within it is not its own."""

    def __init__(self) -> None:
        self.within = 0.0


TRUTH: ContextVar[Truth] = ContextVar("TRUTH")
PART: ContextVar[Any] = ContextVar("PART", default=None)


@contextlib.contextmanager
def part(phase: str) -> Iterator[None]:
    outer, inner = PART.get(), Part()
    token = PART.set(inner)
    started = time.perf_counter()
    try:
        yield
    finally:
        milliseconds = (time.perf_counter() - started) * 1000
        PART.reset(token)
        TRUTH.get().took(phase, milliseconds - inner.within)
        if outer is not None:
            outer.within += milliseconds


async def rest(phase: str, seconds: float) -> None:
    with part(phase):
        await asyncio.sleep(seconds)


def pause(phase: str, seconds: float) -> None:
    with part(phase):
        time.sleep(seconds)


def burn(phase: str, seconds: float) -> None:
    with part(phase):
        count, until = 0, time.thread_time() + seconds
        while time.thread_time() < until:
            count += 1


def burning(phase: str, seconds: float) -> Any:
    def through(value: Any) -> Any:
        burn(phase, seconds)
        return value

    return through
