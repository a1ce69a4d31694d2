"""What an exchange answered, as a document in which places can be named: JSON, events, lines, or the messages of a connection."""

from __future__ import annotations

import base64
import re
import zlib
from contextlib import suppress
from typing import Literal

import msgspec

from pitstop.proof import document
from pitstop.traces.bodies import Body
from pitstop.traces.records import Exchange

Form = Literal["json", "events", "lines", "messages"]

_EVENTS = "text/event-stream"
_LINE_END = re.compile(r"\r\n|\r|\n")
_CODINGS = frozenset({"gzip", "x-gzip", "deflate"})
_EITHER = zlib.MAX_WBITS | 32
"""Takes the header of gzip and that of zlib."""
_STEPS = re.compile(rb"((?::|%3A)\d\d\.[05]00)(?!000)\d{3}(?!\d)")
"""A moment of a run's clock (`pitstop_probe/clock.py`), as ISO 8601 writes it: the second or half of one, and up to a thousand steps."""
_FIELDS = frozenset({"data", "event", "id", "retry"})
"""Of an event, as the HTML standard has them; others are to be ignored, so that they are kept as they are."""


class OpaqueError(Exception):
    """The bytes are no text: only that they differ can be said."""


class Answer(msgspec.Struct, frozen=True):
    """The document, and what it was written as."""

    value: document.Value
    form: Form

    def place(self, path: document.Path) -> str:
        """A place in words."""
        if self.form == "json":
            return f"body {document.spelled(path)}"
        part = {"events": "event", "lines": "line", "messages": "message"}[self.form]
        if not path or not isinstance(path[0], int):
            return f"{part}s"
        within = f" {document.spelled(path[1:])}" if path[1:] else ""
        return f"{part} {path[0] + 1}{within}"


def read(exchange: Exchange) -> Answer:
    """The body of an answer, or all messages that a connection sent. Raises OpaqueError."""
    if exchange.is_connection:
        return Answer(_messages(exchange.body), "messages")
    body = decoded(exchange)
    if not _is(exchange, _EVENTS):
        try:
            return Answer(document.parse(body), "json")
        except document.NotJSONError:
            return Answer(_lines(body), "lines")
    return Answer(_events(_text(body)), "events")


def decoded(exchange: Exchange) -> bytes:
    """The body of an answer without the content coding that its headers tell; as it is, where they tell none that is known here."""
    body = exchange.body
    if any(
        n.lower() == "content-encoding" and v.strip().lower() in _CODINGS
        for n, v in exchange.response_headers
    ):
        with suppress(zlib.error):
            return zlib.decompress(body, _EITHER)
    return body


def _is(exchange: Exchange, media_type: str) -> bool:
    return any(
        name.lower() == "content-type" and value.partition(";")[0].strip().lower() == media_type
        for name, value in exchange.response_headers
    )


def _text(body: bytes) -> str:
    try:
        return body.decode()
    except UnicodeDecodeError as error:
        raise OpaqueError(str(error)) from None


def _lines(body: bytes) -> document.Value:
    """Each line, read as JSON where it is an object or a list."""
    return [_read(line) for line in _text(body).splitlines(keepends=True)]


def _messages(body: bytes) -> document.Value:
    """Each message, as the probe writes them: a text, which may be JSON, or an object with bytes. Raises OpaqueError where they were too many."""
    try:
        told = [document.parse(line.encode()) for line in _text(body).splitlines()]
    except document.NotJSONError as error:
        raise OpaqueError(str(error)) from None
    return [_read(message) if isinstance(message, str) else message for message in told]


def _read(text: str) -> document.Value:
    """A text as the JSON that it is; as it stands where it is none, or no more than a single value."""
    try:
        value = document.parse(text.encode())
    except document.NotJSONError:
        return text
    return value if isinstance(value, dict | list) else text


def _events(text: str) -> document.Value:
    """The events of a stream, each with its fields in their order; `data` of several lines is one text, read as JSON where it is that."""
    events: list[document.Value] = []
    event: dict[str, document.Value] = {}
    for line in [*_LINE_END.split(text), ""]:
        name, _, value = line.partition(":")
        value = value.removeprefix(" ")
        if line:
            key = name if name in _FIELDS else "other"
            before = event.get(key)
            event[key] = f"{before}\n{value}" if isinstance(before, str) else value
        elif event:
            data = event.get("data")
            if isinstance(data, str):
                event["data"] = _read(data)
            events.append(event)
            event = {}
    return events


def settled(exchange: Exchange) -> Exchange:
    """An exchange without the microseconds by which the clock of a run steps: two readings of it may change places."""
    return msgspec.structs.replace(
        exchange,
        query=_unstepped(exchange.query.encode()).decode(),
        request_body=_settled_body(exchange.request_body),
        response_headers=tuple(
            (name, _unstepped(value.encode()).decode()) for name, value in exchange.response_headers
        ),
        response_body=_settled_body(exchange.response_body),
    )


def _settled_body(body: Body) -> Body:
    content = body.content
    settled = _unstepped(content)
    return body if settled == content else Body(base64.b64encode(settled).decode("ascii"))


def _unstepped(content: bytes) -> bytes:
    return _STEPS.sub(rb"\1~", content)
