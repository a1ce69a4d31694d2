"""What a patch changes on purpose: both versions as they look without it, so that all the rest is compared as ever."""

from __future__ import annotations

import base64
from collections import Counter, defaultdict

import msgspec

from pitstop.data import Meant
from pitstop.proof import answers
from pitstop.traces.bodies import Body
from pitstop.traces.records import Exchange

_CODING = "content-encoding"
_FAILED = 500
_NAMED = 3
"""Routes up to which each is named."""


class Intent:
    """What one patch may change, and how often it did."""

    def __init__(self, meant: Meant) -> None:
        self._meant = meant
        self._headers = {*meant.headers, *((_CODING,) if meant.compressed else ())}
        self._seen: Counter[str] = Counter()
        self._routes: dict[tuple[str, ...], Counter[str]] = defaultdict(Counter)
        """By the headers that differ, how many requests of which routes."""

    def without(self, before: Exchange, after: Exchange) -> tuple[Exchange, Exchange] | None:
        """Two answers to one request as they look without what is meant; None where nothing of them is to be compared."""
        if before.method == after.method and before.path == after.path:
            what = self._another(before, after)
            if what:
                self._seen[what] += 1
                return None
        if not self._headers:
            return before, after
        one, other = self._bare(before), self._bare(after)
        names = tuple(
            name
            for name in sorted({*self._headers, "vary"})
            if _values(before, name) != _values(after, name) and _values(one, name) == _values(other, name)
        )
        if names:
            self._routes[names][before.endpoint] += 1
        return one, other

    def told(self) -> tuple[str, ...]:
        """What was otherwise, in words, each with the number of requests."""
        told = list(self._seen.items())
        for names, routes in self._routes.items():
            where = ", ".join(routes) if len(routes) <= _NAMED else f"{len(routes)} routes"
            kind = "header" if len(names) == 1 else "headers"
            told.append((f"{kind} {', '.join(names)} of {where}", routes.total()))
        return tuple(
            f"otherwise, as it is meant to be: {what} ({count} request{'s' if count > 1 else ''})"
            for what, count in told
        )

    def _another(self, before: Exchange, after: Exchange) -> str:
        """What is otherwise where an answer is meant to be another one altogether; nothing where it is not."""
        if self._meant.failures and (before.status >= _FAILED or before.error) and not after.error:
            return f"{before.endpoint} is answered with {after.status} where it failed"
        if before.method in self._meant.requests:
            return f"{before.method} {before.path} is answered with {after.status}"
        if before.endpoint != after.endpoint and after.endpoint in self._meant.requests:
            return f"{after.endpoint} answers instead of {before.endpoint}"
        return ""

    def _bare(self, exchange: Exchange) -> Exchange:
        headers = [(n, v) for n, v in exchange.response_headers if n.lower() not in self._headers]
        if not self._meant.compressed:
            return msgspec.structs.replace(exchange, response_headers=tuple(headers))
        vary = [(n, _uncoded(v) if n.lower() == "vary" else v) for n, v in headers]
        body, size = exchange.response_body, exchange.response_bytes
        if _values(exchange, _CODING):
            content = answers.decoded(exchange)
            body, size = Body(base64.b64encode(content).decode("ascii")), len(content)
        return msgspec.structs.replace(
            exchange,
            response_headers=tuple((n, v) for n, v in vary if v or n.lower() != "vary"),
            response_body=body,
            response_bytes=size,
        )


def _values(exchange: Exchange, name: str) -> list[str]:
    return [value for each, value in exchange.response_headers if each.lower() == name]


def _uncoded(vary: str) -> str:
    names = [name.strip() for name in vary.split(",")]
    return ", ".join(name for name in names if name.lower() != "accept-encoding")
