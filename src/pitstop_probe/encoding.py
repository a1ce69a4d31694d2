"""A finished request as a frame: its own numbers, the bytes it sent, and what few requests have, as JSON.

What it has in common with others is a record of its own, `alike`, that is written once and then known by its number: text
takes a multiple of the instructions, and this runs for every request. What has the value that the reader takes for granted
is left out.
"""

from __future__ import annotations

import itertools
from binascii import b2a_base64
from collections.abc import Callable, Iterable
from json.encoder import encode_basestring_ascii as quoted
from struct import Struct, error
from typing import Any, Tuple, TypeVar

from .output import dumps
from .parameters import hash_of
from .request import LARGEST_BODY, NOWHERE, SECOND, SMALL_BODY, Body, Request, Size, Statement, digest

SECRET_HEADERS = frozenset(
    {b"authorization", b"proxy-authorization", b"cookie", b"set-cookie", b"x-api-key", b"x-auth-token"}
)
MOST_TEXTS = 4000
MOST_CHARACTERS = 16 * 1024 * 1024
"""Of all texts of a kind that are kept: paths, headers and statements may be long, and differ each time."""
FEW_STATEMENTS = 50
HEAD = 9
"""Numbers of a frame before its moments."""
_BOOLEAN = ("false", "true")
_COMMITS = frozenset(("COMMIT", "RELEASE"))
_RARE = ("changes", "calls", "clients", "waits", "blocks")

T = TypeVar("T")
Headers = Tuple[Tuple[bytes, bytes], ...]


class Kept(dict[Any, T]):
    """What was made, by what it was made of. All is forgotten where it becomes too much."""

    __slots__ = ("characters",)

    def __init__(self) -> None:
        super().__init__()
        self.characters = 0

    def keep(self, key: Any, made: T, characters: int) -> T:
        """Keep what stands for so many characters."""
        self.characters += characters
        if len(self) >= MOST_TEXTS or self.characters > MOST_CHARACTERS:
            self.clear()
            self.characters = characters
        self[key] = made
        return made


class Texts:
    """JSON texts of what comes again and again: headers, statements, routes, sets of lines."""

    def __init__(self, put_text: Callable[[str], bool], replayable: bool, bodies: bool) -> None:
        """`put_text` takes a record that is text, and tells whether there was room for it."""
        self._put_text = put_text
        self._replayable = replayable
        self._bodies = bodies
        self._alike: Kept[float] = Kept()
        """The numbers of what requests have in common with others, by all that it is made of."""
        self._last: Kept[tuple[float, Any]] = Kept()
        """Of each path the number that came last, and what it stands for, as a request has it: see `asgi`."""
        self.last = self._last.get
        self._numbers = itertools.count(1.0)
        self._headers: Kept[str] = Kept()
        self._statements: Kept[str] = Kept()
        """How the records of a statement begin, by its text, from which its operation follows."""
        self.lines_of: Callable[[Iterable[int]], list[tuple[str, int]]] = _no_lines
        """The lines that numbers of `hits` stand for."""
        self.contents_of: Callable[[Iterable[str]], list[tuple[str, str]]] = _no_contents
        """What is in files that a request wrote, see `opens`."""

    def forget(self) -> None:
        """Write all again when it is next met: a forked child has a file of its own."""
        self._alike = Kept()
        self._last = Kept()
        self.last = self._last.get

    def alike(self, request: Request) -> float:
        """The number of what a request has in common with others; what is new is written first."""
        scope, place = request.scope, request.place
        last = self.last(scope["path"])
        if last is not None and last[1] == (
            request.series,
            scope["method"],
            scope.get("query_string"),
            place,
            request.status,
            request.headers,
            request.response_headers,
            request.hits,
        ):
            return last[0]
        headers = _settled(request.headers), _settled(request.response_headers)
        key = (
            request.series,
            scope["method"],
            scope["path"],
            scope.get("query_string"),
            place[2],
            place[3],
            request.status,
            *headers,
            tuple(request.hits),
        )
        number = self._alike.get(key)
        if number is None:
            number = next(self._numbers)
            text = self._shared(request, *headers)
            if self._put_text(f'{{"type":"alike","id":{number:.0f},{text}}}'):
                self._alike.keep(key, number, len(text))
                # As they are given, and copies: the app may use its own again.
                lists = [list(pairs) for pairs in headers]
                known = request.series, key[1], key[3], place, request.status, *lists, dict(request.hits)
                if place is not NOWHERE:  # which says nothing of the app in charge
                    self._last.keep(scope["path"], (number, known), len(text))
        return number

    def _shared(self, request: Request, asked: Headers, answered: Headers) -> str:
        scope = request.scope
        text = (
            f'{request.series.text},"method":{quoted(scope["method"])},"route":{quoted(request.route)},'
            f'"path":{quoted(scope["path"])},"loop":{_BOOLEAN[request.endpoint_on_loop]},"status":{request.status}'
        )
        query = scope.get("query_string")
        if query:
            text += f',"query":{quoted(query.decode("latin-1"))}'
        for name, headers in (("request", asked), ("response", answered)):
            pairs = self.headers(headers)
            if pairs:
                text += f',"{name}_headers":[{pairs}]'
        if request.hits:
            text += f',"lines":{dumps(self.lines_of(request.hits))}'
        return text

    def headers(self, headers: Headers) -> str:
        """The pairs of all headers; secret values as hashes, unless the run is to be replayed. Empty without `bodies`."""
        if not self._bodies:
            return ""
        known = self._headers.get(headers)
        if known is None:
            text = ",".join([self._header(name, value) for name, value in headers])
            known = self._headers.keep(headers, text, len(text))
        return known

    def _header(self, name: bytes, value: bytes) -> str:
        lower = name.lower()
        text = value.decode("latin-1")
        if lower in SECRET_HEADERS and not self._replayable:
            text = "hash:" + digest(text)
        return f"[{quoted(lower.decode('latin-1'))},{quoted(text)}]"

    def statements(self, statements: Iterable[Statement], start: int, end: int) -> str:
        """Statements of a request that lasted from start to end."""
        told, known = [], self._statements.get
        for each in statements:
            sql, began = each.sql, each.start
            text = known(sql)
            if text is None:
                text = f'{{"sql":{quoted(sql)},"operation":"{each.operation}","params":"'
                self._statements.keep(sql, text, len(text))
            told.append(
                f'{text}{hash_of(each.params)}","rows":{each.rows},"start_ns":{began - start},'
                f'"duration_ns":{(each.end or end) - began},"stack":{each.stack},"on_loop":{_BOOLEAN[each.on_loop]}}}'
            )
        return ",".join(told)


def _settled(headers: Iterable[Any]) -> Headers:
    """Headers as they are now: what is a list may be written to."""
    # What cannot be written to stays as it is: the same object is known to be equal without a look into it.
    return tuple([pair if type(pair) is tuple else (pair[0], pair[1]) for pair in headers])


def _no_lines(_numbers: Iterable[int]) -> list[tuple[str, int]]:
    return []


def _no_contents(_paths: Iterable[str]) -> list[tuple[str, str]]:
    return []


class Later:
    """A request with more than its own numbers. A large one is encoded by the flushing thread: the loop should not wait for it."""

    __slots__ = ("_alike", "_request", "_texts", "size")

    def __init__(self, request: Request, texts: Texts) -> None:
        self._request = request
        self._texts = texts
        self._alike = texts.alike(request)
        request.sent = _bounded(request.sent)  # at once: by the time the thread comes, there may be others
        made = vars(request)
        if "written" in made:
            made["written"] = texts.contents_of(
                made["written"]
            )  # at once: the next request may write to them, too
        self.size = 2048 + request.sql + len(made.get("statements", ())) * 512
        for body in (request.sent, request.received):
            if not isinstance(body, Size):
                self.size += len(body.parts) if isinstance(body, Body) else len(body or b"")
        self.size += len(made.get("commands", ())) * 256

    def encode(self) -> bytes:
        """The frame."""
        request = self._request
        sent, rest = _rest(request, self._texts)
        request.ended -= request.aside / SECOND
        request.cpu = max(request.cpu, 0.0)  # the flushing thread's time may be among what was taken off
        return frame(request, self._alike, sent, rest)


def is_small(request: Request) -> bool:
    """Whether a request is encoded in no time."""
    sent, received, made = request.sent, request.received, vars(request)
    return (
        len(made.get("statements", ())) + len(made.get("commands", ())) <= FEW_STATEMENTS
        and (sent is None or len(sent) <= SMALL_BODY)
        and (received is None or len(received) <= SMALL_BODY)
        and not any(call.exchanged for call in made.get("calls", ()))
    )


def frame(request: Request, alike: float, sent: bytes, rest: bytes = b"") -> bytes:
    """The frame of a request that is like others: sizes, its own numbers, what it sent and what few requests have."""
    moments = request.moments
    count, pack = _packer(len(moments))
    try:
        head = pack(
            count, alike, len(sent), len(rest),
            request.number, request.started, request.begun, request.ended, request.cpu, *moments,
        )  # fmt: skip
    except error:  # a thread that the request has left has added to them just now
        request.moments = moments[:]
        return frame(request, alike, sent, rest)
    return head + sent + rest


PACKERS: list[Any] = [None] * 4096
"""What packs the head of a frame with so many moments, and their number; None where there was no such frame yet."""


def _packer(count: int) -> tuple[float, Callable[..., bytes]]:
    """As in `PACKERS`.

    All are floats, which are packed for a third of what integers take. By its first byte a frame is told from a line of
    JSON: no float that is a small whole number begins with a brace.
    """
    known: tuple[float, Callable[..., bytes]] | None = PACKERS[count] if count < len(PACKERS) else None
    if known is None:
        known = float(count), Struct(f"{HEAD + count}d").pack
        if count < len(PACKERS):
            PACKERS[count] = known
    return known


def _bounded(sent: bytes | Body | Size | None) -> Any:
    """What was sent; where it is too large to keep, its hash."""
    if not isinstance(sent, bytes) or len(sent) <= LARGEST_BODY:
        return sent
    body = Body()
    body.add(sent)
    return body


def _base64(data: bytes) -> str:
    return b2a_base64(data, newline=False).decode("ascii")


def _rest(request: Request, texts: Texts) -> tuple[bytes, bytes]:
    """What was sent, as far as it is kept, and what many requests have none of."""
    sent = _bounded(request.sent)
    content = sent if isinstance(sent, bytes) else b"" if sent is None else sent.content
    told: list[str] = []
    if sent is not None and len(sent) != len(content):
        told.append(f'"response_bytes":{len(sent)}')
    if request.error:
        told.append(f'"error":{quoted(request.error)},"error_stack":{request.error_stack}')
        if request.error_within:
            told.append(f'"error_within":{quoted(request.error_within)}')
    if request.received is not None:
        told.append(f'"request_bytes":{request.received.size}')
        body = request.received.content
        if body:
            told.append(f'"request_body":"{_base64(body)}"')
    made = vars(request)  # to ask for a list would make it, and most requests have few of them
    if "statements" in made:
        statements = texts.statements(made["statements"], request.start, request.end)
        told.append(f'"statements":[{statements}]')
        end = request.end
        late = sum([each.start > end for each in made["statements"] if each.operation in _COMMITS])
        if late:
            told.append(f'"late_commits":{late}')
    if "files" in made:
        told.append(_files(request))
    if "written" in made:
        told.append(f'"written":{dumps(made["written"])}')
    if "holds" in made:
        told.append(f'"holds":[{",".join([hold.entry(request) for hold in request.holds])}]')
    if request.pieces > 1:
        told.append(f'"pieces":{request.pieces}')
    if "errors" in made:
        told.append(f'"errors":{dumps(request.errors)}')
    if "logs" in made:
        told.append(f'"logs":{dumps([written.entry() for written in request.logs])}')
    if request.memory is not None:
        told.append(f'"memory":{dumps(request.memory)}')
    if request.work is not None:
        told.append(f'"work":{request.work},"work_unit":"{request.work_unit}"')
    if "commands" in made:
        told.append(f'"commands":{dumps([command.entry(request) for command in request.commands])}')
    if not made.keys().isdisjoint(_RARE):
        told.append(dumps(_rare(request))[1:-1])
    if request.more:
        told.append(dumps(request.more)[1:-1])
    return content, f"{{{','.join(told)}}}".encode("ascii") if told else b""


def _files(request: Request) -> str:
    begun = request.start
    told = [
        {"path": path, "bytes": size, "start_ns": start - begun, "stack": stack, "on_loop": on_loop}
        for path, size, start, stack, on_loop in request.files
    ]
    return f'"files":{dumps(told)}'


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
