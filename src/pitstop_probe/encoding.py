"""A finished request as a line of JSON.

Written out by hand, with the texts of what comes again kept: the general encoder takes a multiple of the instructions, and
this runs for every request. What has the value that the reader takes for granted is left out.
"""

from __future__ import annotations

import binascii
from collections.abc import Callable, Iterable
from json.encoder import encode_basestring_ascii as quoted
from typing import Any

from .output import dumps
from .request import Body, Request, Statement, digest

SECRET_HEADERS = frozenset(
    {b"authorization", b"proxy-authorization", b"cookie", b"set-cookie", b"x-api-key", b"x-auth-token"}
)
MOST_TEXTS = 4000
SMALL_BODY = 64 * 1024
FEW_STATEMENTS = 50
_BOOLEAN = ("false", "true")


class Texts:
    """JSON texts of what comes again and again: headers, statements, routes, sets of lines."""

    def __init__(self, replayable: bool) -> None:
        self._replayable = replayable
        self._headers: dict[Any, str] = {}
        self._strings: dict[str, str] = {}
        self._places: dict[tuple[str, str, bool], str] = {}
        self._lines: dict[frozenset[int], str] = {}
        self.lines_of: Callable[[Iterable[int]], list[tuple[str, int]]] = _no_lines
        """The lines that numbers of `hits` stand for."""

    def headers(self, headers: Iterable[tuple[bytes, bytes]]) -> str:
        """The pairs of all headers; secret values as hashes, unless the run is to be replayed."""
        try:
            which = tuple(headers)
            return self._headers.get(which) or _kept(self._headers, which, self._all_headers(which))
        except TypeError:  # pairs that are lists
            return self._all_headers(headers)

    def _all_headers(self, headers: Iterable[tuple[bytes, bytes]]) -> str:
        return ",".join([self._header(name, value) for name, value in headers])

    def _header(self, name: bytes, value: bytes) -> str:
        lower = name.lower()
        text = value.decode("latin-1")
        if lower in SECRET_HEADERS and not self._replayable:
            text = "hash:" + digest(text)
        return f"[{quoted(lower.decode('latin-1'))},{quoted(text)}]"

    def string(self, value: str) -> str:
        """A string that is likely to come again."""
        return self._strings.get(value) or _kept(self._strings, value, quoted(value))

    def place(self, method: str, route: str, on_loop: bool) -> str:
        """Method, route and the kind of endpoint."""
        where = (method, route, on_loop)
        text = self._places.get(where)
        if text is None:
            text = f'"method":{quoted(method)},"route":{quoted(route)},"loop":{_BOOLEAN[on_loop]}'
            _kept(self._places, where, text)
        return text

    def lines(self, numbers: set[int]) -> str:
        """The lines that ran."""
        which = frozenset(numbers)
        return self._lines.get(which) or _kept(self._lines, which, dumps(self.lines_of(which)))


def _no_lines(_numbers: Iterable[int]) -> list[tuple[str, int]]:
    return []


def _kept(known: dict[Any, str], key: Any, text: str) -> str:
    if len(known) >= MOST_TEXTS:
        known.clear()
    known[key] = text
    return text


class Later:
    """A large request, to be encoded by the flushing thread: the loop should not wait for it."""

    __slots__ = ("_request", "_texts", "size")

    def __init__(self, request: Request, texts: Texts) -> None:
        self._request = request
        self._texts = texts
        self.size = 2048 + len(request.statements) * 512 + request.response_bytes
        if request.received is not None:
            self.size += request.received.size

    def encode(self) -> str:
        """The record."""
        return encode(self._request, self._texts)


def is_small(request: Request) -> bool:
    """Whether a request is encoded in no time."""
    return (
        request.response_bytes <= SMALL_BODY
        and len(request.statements) <= FEW_STATEMENTS
        and (request.received is None or request.received.size <= SMALL_BODY)
    )


def encode(request: Request, texts: Texts) -> str:
    """The record of a request."""
    scope, start = request.scope, request.start
    place = texts.place(scope["method"], request.route, request.endpoint_on_loop)
    text = (
        f'{{"type":"request","id":{request.id},"key":{quoted(request.key)},{place},"path":{quoted(scope["path"])},'
        f'"status":{request.status},"start_ns":{request.started_ns},"duration_ns":{request.end - start},'
        f'"cpu_ns":{request.cpu},"response_bytes":{request.response_bytes}'
    )
    if request.test:
        text += f',"test":{texts.string(request.test)}'
    query = scope.get("query_string")
    if query:
        text += f',"query":{quoted(query.decode("latin-1"))}'
    if request.error:
        text += f',"error":{quoted(request.error)}'
    if request.headers:
        text += f',"request_headers":[{texts.headers(request.headers)}]'
    if request.received is not None:
        text += f',"request_body":"{_base64(request.received.content)}"'
    if request.response_headers:
        text += f',"response_headers":[{texts.headers(request.response_headers)}]'
    sent = request.sent
    if sent:
        text += f',"response_body":"{_base64(sent.content if isinstance(sent, Body) else sent)}"'
    if request.statements:
        text += (
            f',"statements":[{",".join([_statement(each, request, texts) for each in request.statements])}]'
        )
    if request.hits:
        text += f',"lines":{texts.lines(request.hits)}'
    if request.changes or request.calls or request.clients or request.blocks:
        text += "," + dumps(_rest(request))[1:-1]
    return text + "}"


def _rest(request: Request) -> dict[str, Any]:
    """What most requests have none of."""
    start = request.start
    return {
        "changes": [change.entry for change in request.changes],
        "calls": [
            {
                "method": method,
                "url": url,
                "start_ns": began - start,
                "duration_ns": (ended or request.end) - began,
                "stack": stack,
                "on_loop": on_loop,
            }
            for method, url, began, ended, stack, on_loop in request.calls
        ],
        "clients": [{"name": n, "stack": s, "duration_ns": d} for n, s, d in request.clients],
        "blocks": [{"start_ns": b - start, "duration_ns": d, "stack": s} for b, d, s in request.blocks],
    }


def _statement(statement: Statement, request: Request, texts: Texts) -> str:
    params = digest(repr(statement.params)) if statement.params else ""
    duration = (statement.end or request.end) - statement.start
    return (
        f'{{"sql":{texts.string(statement.sql)},"operation":"{statement.operation}","params":"{params}",'
        f'"rows":{statement.rows},"start_ns":{statement.start - request.start},"duration_ns":{duration},'
        f'"stack":{statement.stack},"on_loop":{_BOOLEAN[statement.on_loop]}}}'
    )


def _base64(data: bytes) -> str:
    return binascii.b2a_base64(data, newline=False).decode("ascii")
