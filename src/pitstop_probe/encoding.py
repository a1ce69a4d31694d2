"""A finished request as a line of JSON.

Written out by hand, with the texts of what comes again kept: the general encoder takes a multiple of the instructions, and
this runs for every request. What has the value that the reader takes for granted is left out.
"""

from __future__ import annotations

from binascii import b2a_base64
from collections.abc import Callable, Iterable
from json.encoder import encode_basestring_ascii as quoted
from struct import Struct
from typing import Any

from .output import dumps
from .parameters import hash_of
from .request import LARGEST_BODY, SMALL_BODY, Body, Request, Size, Statement, digest

SECRET_HEADERS = frozenset(
    {b"authorization", b"proxy-authorization", b"cookie", b"set-cookie", b"x-api-key", b"x-auth-token"}
)
MOST_TEXTS = 4000
MOST_CHARACTERS = 16 * 1024 * 1024
"""Of all texts of a kind that are kept: paths, headers and statements may be long, and differ each time."""
SHORT_BODY = 1024
FEW_STATEMENTS = 50
_BOOLEAN = ("false", "true")


class Kept(dict[Any, str]):
    """Texts by what they were made of. All are forgotten where they become too many, or too long."""

    __slots__ = ("characters",)

    def __init__(self) -> None:
        super().__init__()
        self.characters = 0


class Texts:
    """JSON texts of what comes again and again: headers, statements, routes, sets of lines."""

    def __init__(self, replayable: bool, bodies: bool) -> None:
        self._replayable = replayable
        self._bodies = bodies
        self.shared = Kept()
        """The part of a record that a request is likely to share with others, by all that it is made of."""
        self.answers = Kept()
        """The part of a record that tells what was sent, by the bytes."""
        self._headers = Kept()
        self._strings = Kept()
        self._lines = Kept()
        self.lines_of: Callable[[Iterable[int]], list[tuple[str, int]]] = _no_lines
        """The lines that numbers of `hits` stand for."""

    def headers(self, headers: Iterable[tuple[bytes, bytes]]) -> str:
        """The pairs of all headers; secret values as hashes, unless the run is to be replayed. Empty without `bodies`."""
        if not self._bodies:
            return ""
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

    def lines(self, numbers: frozenset[int]) -> str:
        """The lines that ran."""
        return self._lines.get(numbers) or _kept(self._lines, numbers, dumps(self.lines_of(numbers)))


def _no_lines(_numbers: Iterable[int]) -> list[tuple[str, int]]:
    return []


def _kept(known: Kept, key: Any, text: str) -> str:
    known.characters += len(text)
    if len(known) >= MOST_TEXTS or known.characters > MOST_CHARACTERS:
        known.clear()
        known.characters = len(text)
    known[key] = text
    return text


class Later:
    """A large request, to be encoded by the flushing thread: the loop should not wait for it."""

    __slots__ = ("_request", "_texts", "size")

    def __init__(self, request: Request, texts: Texts) -> None:
        self._request = request
        self._texts = texts
        request.sent = _bounded(request.sent)  # at once: by the time the thread comes, there may be others
        self.size = 2048 + request.sql + len(request.statements) * 512
        for body in (request.sent, request.received):
            if not isinstance(body, Size):
                self.size += len(body.parts) if isinstance(body, Body) else len(body or b"")
        self.size += len(request.__dict__.get("commands", ())) * 256

    def encode(self) -> str:
        """The record."""
        return encode(self._request, self._texts)


def is_small(request: Request) -> bool:
    """Whether a request is encoded in no time."""
    sent, received, made = request.sent, request.received, request.__dict__
    return (
        len(request.statements) + len(made.get("commands", ())) <= FEW_STATEMENTS
        and (sent is None or len(sent) <= SMALL_BODY)
        and (received is None or len(received) <= SMALL_BODY)
        and not any(call.exchanged for call in made.get("calls", ()))
    )


def encode(request: Request, texts: Texts) -> str:
    """The record of a request: its own figures, and around them what was written before for requests like it."""
    scope, sent, hits = request.scope, request.sent, request.hits
    try:
        alike = (
            scope["method"],
            scope["path"],
            scope.get("query_string"),
            request.route,
            request.endpoint_on_loop,
            request.status,
            request.error,
            tuple(request.headers),
            tuple(request.response_headers),
            hits and frozenset(hits),
        )
        shared = texts.shared.get(alike) or _kept(texts.shared, alike, _shared(request, texts))
    except TypeError:  # headers that are lists
        shared = _shared(request, texts)
    short = sent is None or len(sent) <= SHORT_BODY  # a long one is not worth hashing
    answer = (texts.answers.get(sent) if short else None) or _answer(sent, texts)
    duration, cpu, end = request.end - request.start, request.cpu, "}"
    if not request.plain:
        duration -= request.aside
        cpu = max(cpu, 0)  # the flushing thread's time may be among what was taken off
        end = _rest(request, texts) + "}"
    if request.moments:
        # A thread that the request has left may still add to them.
        moments = tuple(request.moments)
        # Each number as text would cost twice as much.
        packed = _packer(len(moments)).pack(*moments)
        end = f',"origin":{request.start},"moments":"{_base64(packed)}"{end}'
    return (
        f'{request.series.text}{request.number}","start_ns":{request.started_ns},"duration_ns":{duration},'
        f'"cpu_ns":{cpu}{shared}{answer}{end}'
    )


def _answer(sent: bytes | Body | Size | None, texts: Texts) -> str:
    """Size and content of what was sent. What is short is likely to come again."""
    if sent is None:
        return ',"response_bytes":0'
    sent = _bounded(sent)
    text = f',"response_bytes":{len(sent)}'
    content = sent if isinstance(sent, bytes) else sent.content
    if content:
        text += f',"response_body":"{_base64(content)}"'
    return _kept(texts.answers, sent, text) if len(sent) <= SHORT_BODY and isinstance(sent, bytes) else text


def _bounded(sent: bytes | Body | Size | None) -> Any:
    """What was sent; where it is too large to keep, its hash."""
    if not isinstance(sent, bytes) or len(sent) <= LARGEST_BODY:
        return sent
    body = Body()
    body.add(sent)
    return body


_PACKERS: dict[int, Struct] = {}


def _packer(count: int) -> Struct:
    """What packs so many 64-bit numbers, in the machine's byte order."""
    return _PACKERS.get(count) or _PACKERS.setdefault(count, Struct(f"={count}q"))


def _base64(data: bytes) -> str:
    return b2a_base64(data, newline=False).decode("ascii")


def _shared(request: Request, texts: Texts) -> str:
    scope = request.scope
    text = (
        f',"method":{quoted(scope["method"])},"route":{quoted(request.route)},"path":{quoted(scope["path"])},'
        f'"loop":{_BOOLEAN[request.endpoint_on_loop]},"status":{request.status}'
    )
    query = scope.get("query_string")
    if query:
        text += f',"query":{quoted(query.decode("latin-1"))}'
    if request.error:
        text += f',"error":{quoted(request.error)},"error_stack":{request.error_stack}'
    for name, headers in (("request", request.headers), ("response", request.response_headers)):
        pairs = texts.headers(headers)
        if pairs:
            text += f',"{name}_headers":[{pairs}]'
    if request.hits:
        text += f',"lines":{texts.lines(frozenset(request.hits))}'
    return text


def _rest(request: Request, texts: Texts) -> str:
    """What many requests have none of."""
    text = ""
    if request.received is not None:
        text = f',"request_bytes":{request.received.size}'
        content = request.received.content
        if content:
            text += f',"request_body":"{_base64(content)}"'
    if request.statements:
        text += (
            f',"statements":[{",".join([_statement(each, request, texts) for each in request.statements])}]'
        )
    if "files" in vars(request):
        text += _files(request)
    if "holds" in vars(request):
        text += f',"holds":{dumps([hold.entry(request) for hold in request.holds])}'
    if request.memory is not None:
        text += f',"memory":{dumps(request.memory)}'
    if request.work is not None:
        text += f',"work":{request.work},"work_unit":"{request.work_unit}"'
    # asking for the list would make it, and few services have any
    commands = request.__dict__.get("commands")
    if commands:
        text += f',"commands":{dumps([command.entry(request) for command in commands])}'
    if request.changes or request.calls or request.clients or request.blocks or request.waits:
        text += "," + dumps(_rare(request))[1:-1]
    return text


def _files(request: Request) -> str:
    told = [
        {"path": path, "bytes": size, "start_ns": start - request.start, "stack": stack, "on_loop": on_loop}
        for path, size, start, stack, on_loop in request.files
    ]
    return f',"files":{dumps(told)}'


def _rare(request: Request) -> dict[str, Any]:
    """What most requests have none of."""
    start = request.start
    return {
        "changes": [change.entry for change in request.changes],
        "calls": [call.entry(request) for call in request.calls],
        "clients": [{"name": n, "stack": s, "duration_ns": d} for n, s, d in request.clients],
        "waits": [
            {"kind": k, "start_ns": b - start, "duration_ns": e - b, "stack": s}
            for k, b, e, s in request.waits
        ],
        "blocks": [{"start_ns": b - start, "duration_ns": d, "stack": s} for b, d, s in request.blocks],
    }


def _statement(statement: Statement, request: Request, texts: Texts) -> str:
    duration = (statement.end or request.end) - statement.start
    return (
        f'{{"sql":{texts.string(statement.sql)},"operation":"{statement.operation}","params":"{hash_of(statement.params)}",'
        f'"rows":{statement.rows},"start_ns":{statement.start - request.start},"duration_ns":{duration},'
        f'"stack":{statement.stack},"on_loop":{_BOOLEAN[statement.on_loop]}}}'
    )
