"""Requests answered alone and then several at once: an answer that depends on what others ask for shows state that they share.

For runs that are good for nothing else. It stands where the lock-step does, and takes as much care: only what reads is repeated, leaves
no records, stands at the same moment and draws the same random numbers as the first time.
"""

from __future__ import annotations

from collections.abc import Callable
from types import ModuleType
from typing import Any

from .pair import Call, Message, is_repeatable, keep, played
from .request import Request, Series
from .state import Probe

TRIED = 3
"""Requests of a route that are tried."""
BESIDE = 4
"""Earlier requests of the same test that are sent beside one."""
ROUNDS = 3
LONGEST = 300
"""Characters of an answer that are told."""
_WHO = frozenset({b"authorization", b"cookie", b"x-api-key"})
_TIMED = frozenset({b"date", b"server-timing", b"x-process-time", b"x-response-time", b"x-runtime"})

Answer = tuple[int, tuple[tuple[bytes, bytes], ...], bytes]


class Asked:
    """A request as it can be asked again."""

    __slots__ = ("request", "scope")

    def __init__(self, request: Request, scope: Message) -> None:
        self.request = request
        self.scope = scope

    @property
    def question(self) -> tuple[Any, ...]:
        """What tells it from others."""
        scope = self.scope
        return scope["method"], scope["path"], scope.get("query_string"), tuple(map(tuple, scope["headers"]))


class Mingle:
    """Tries the requests of some routes. It has the methods of the line of a lock-step."""

    def __init__(self, probe: Probe, routes: list[str]) -> None:
        self._probe = probe
        self._routes = frozenset(routes)
        self._tried: dict[str, int] = {}
        self._series: Series | None = None
        self._earlier: list[Asked] = []
        self._busy = False
        self.in_flight = 0
        """How many requests are being answered for the first time."""

    async def exchange(self, app: Any, call: Call, request: Request, scope: Message) -> None:
        """Ask once more what has just been answered: alone, and together with what else the test has asked."""
        if self._busy or self.in_flight or not is_repeatable(request, scope):
            return
        self._busy = True
        try:
            if request.series is not self._series:
                self._series, self._earlier = request.series, []
            asked = Asked(request, scope)
            route = f"{scope['method']} {request.route}"
            if route in self._routes and self._tried.get(route, 0) < TRIED:
                self._tried[route] = self._tried.get(route, 0) + 1
                await self._try(app, call, route, [asked, *_others(asked), *self._earlier])
            self._earlier = [each for each in self._earlier if each.question != asked.question][1 - BESIDE :]
            self._earlier.append(asked)
        except Exception as error:
            self._probe.fault("mingle", error)
        finally:
            self._busy = False

    async def _try(self, app: Any, call: Call, route: str, questions: list[Asked]) -> None:
        import asyncio  # the app has it by now

        async def answer(asked: Asked) -> Any:
            try:
                return _settled(await played(app, call, asked.request, asked.scope))
            except Exception as error:
                return f"{type(error).__module__}.{type(error).__qualname__}"

        alone = [(asked, await answer(asked)) for asked in questions]
        steady = [(asked, first) for asked, first in alone if await answer(asked) == first]
        if not steady:
            return
        self._probe.output.put({"type": "mingled", "key": questions[0].request.key, "route": route})
        for number in range(ROUNDS):
            first = number % len(steady)
            turn = 2 * (steady[first:] + steady[:first])
            found = await asyncio.gather(*(answer(asked) for asked, _ in turn))
            for place, got in enumerate(found):
                asked, expected = turn[place]
                if got != expected:
                    self._tell(route, asked, expected, got, len(turn) - 1)
                    return

    def _tell(self, route: str, asked: Asked, alone: Any, together: Any, beside: int) -> None:
        self._probe.output.put(
            {
                "type": "mingled",
                "key": asked.request.key,
                "test": asked.request.series.test,
                "route": route,
                "alone": _told(alone),
                "together": _told(together),
                "beside": beside,
            }
        )


def _others(asked: Asked) -> list[Asked]:
    """The same question of somebody else: without what says who asks, and without its query."""
    scope, found = asked.scope, []
    headers = [pair for pair in scope["headers"] if pair[0].lower() not in _WHO]
    if len(headers) < len(scope["headers"]):
        found.append(Asked(asked.request, {**keep(scope), "headers": headers}))
    if scope.get("query_string"):
        found.append(Asked(asked.request, {**keep(scope), "query_string": b""}))
    return found


def _settled(answer: tuple[int, Any, bytes]) -> Answer:
    status, headers, body = answer
    return status, tuple(sorted((n.lower(), v) for n, v in headers if n.lower() not in _TIMED)), body


def _told(answer: Any) -> str:
    if isinstance(answer, str):
        return answer
    status, _, body = answer
    return f"{status} {body[:LONGEST].decode('utf-8', 'replace')}"


def install(probe: Probe, _after: Callable[[str, Callable[[ModuleType], None]], None]) -> None:
    """Take the place of the lock-step where the host asked for it."""
    if probe.config.mingle:
        probe.pair = Mingle(probe, probe.config.mingle)
