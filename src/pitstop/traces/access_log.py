"""How often each route is asked in production, by the access log of uvicorn, gunicorn, nginx or one of JSON lines.

A log is read line by line: what is kept is a number for each route, and for a bounded number of shapes of other paths.
"""

from __future__ import annotations

import gzip
import json
import re
import zlib
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, BinaryIO, cast
from urllib.parse import unquote, urlsplit

import msgspec

from pitstop.errors import UsageError
from pitstop.measures import Elsewhere, RouteTraffic, Traffic
from pitstop.traces.records import WEBSOCKET
from pitstop.traces.templates import Templates

_LONGEST_LINE = 64 * 1024
_MOST_SHAPES = 2_000
_SHAPES_TOLD = 20
_LOOKED_AT = 2_000
"""Lines by which it is told, before anything is run, whether a file is an access log."""
_REFUSED = range(400, 499)
"""499 is nginx's for a client that did not wait: the service has worked for it."""

_REQUEST = re.compile(rb'"([A-Z]{3,10}) (\S{1,8192}) (?:HTTP/)?\d(?:\.\d)?" (\d{3})(?!\d)')
"""As the common and combined formats of nginx and gunicorn have it, and uvicorn's."""
_CONNECTION = re.compile(rb'"WebSocket (\S{1,8192})" (?:\[accepted\]|(\d{3})(?!\d))')
"""As uvicorn tells of them."""
_COLOURS = re.compile(rb"\x1b\[[0-9;]*m")
_REQUEST_LINE = re.compile(r"([A-Z]{3,10}) (\S{1,8192}) (?:HTTP/)?\d(?:\.\d)?")
_VARIABLE = re.compile(r"(?!v[0-9]{1,2}$)(?=.*[0-9]|.*[^A-Za-z._~-]|.{33})", re.DOTALL)
"""A part of a path that may be an id, a token or a name, and is not printed."""

_NAMES = {
    "method": ("method", "httpmethod", "requestmethod", "httprequestmethod", "verb"),
    "path": ("path", "requestpath", "httppath", "urlpath", "uri", "requesturi", "url", "requesturl", "httptarget"),
    "status": (
        "status", "statuscode", "httpstatus", "httpstatuscode", "responsestatus", "responsestatuscode",
        "httpresponsestatuscode", "downstreamstatus",
    ),
}  # fmt: skip
"""What fields are called, in lower case and without what is no letter."""


class Asked(msgspec.Struct, frozen=True):
    """One request of a log: its path as it went on the wire, without the query."""

    method: str
    path: str
    status: int


class _Counts(msgspec.Struct):
    lines: int = 0
    requests: int = 0
    unread: int = 0
    first_unread: int = 0
    routes: Counter[str] = msgspec.field(default_factory=Counter)
    refused: Counter[str] = msgspec.field(default_factory=Counter)
    shapes: Counter[str] = msgspec.field(default_factory=Counter)
    shapes_refused: Counter[str] = msgspec.field(default_factory=Counter)
    elsewhere: int = 0
    without: Counter[str] = msgspec.field(default_factory=Counter)


def check(path: Path) -> None:
    """Raise UsageError where the file cannot be read, or its first lines hold no request that can be understood."""
    looked = 0
    for line in _lines(path):
        if request_of(line) is not None:
            return
        looked += 1
        if looked == _LOOKED_AT:
            break
    what = (
        f"none of the first {looked} lines of {path} is"
        if looked
        else f"{path} is empty: there is no line of"
    )
    raise UsageError(
        f"--access-log: {what} a request in a known format",
        "Known are those of uvicorn, gunicorn and nginx (common, combined), and JSON lines with method, path and status.",
    )


def traffic(
    paths: Sequence[Path],
    templates: Templates,
    called: frozenset[str],
    on_progress: Callable[[str], None] = lambda _: None,
) -> Traffic:
    """What the logs ask of the routes; `called` are those that the run has called. Raises UsageError.

    Where most requests fit a route only without what their paths begin with, they are read without it.
    """
    prefix = ""
    counts = _count(paths, templates, prefix, on_progress)
    matched = counts.routes.total()
    if counts.without:
        ((begins, times),) = counts.without.most_common(1)
        if times > matched and 2 * times >= counts.requests:
            prefix = begins
            counts = _count(paths, templates, prefix, on_progress)
    answered = counts.routes.total() - counts.refused.total()
    return Traffic(
        files=tuple(path.name for path in paths),
        lines=counts.lines,
        requests=counts.requests,
        unread=counts.unread,
        first_unread=counts.first_unread,
        prefix=prefix,
        routes=tuple(
            RouteTraffic(
                route=route,
                requests=times,
                refused=counts.refused[route],
                share=(times - counts.refused[route]) / answered if answered else 0.0,
                called=route in called,
            )
            for route, times in sorted(counts.routes.items(), key=lambda each: (-each[1], each[0]))
        ),
        elsewhere=tuple(
            Elsewhere(shape=shape, requests=times, refused=counts.shapes_refused[shape])
            for shape, times in counts.shapes.most_common(_SHAPES_TOLD)
        ),
        elsewhere_requests=counts.elsewhere,
    )


def _count(
    paths: Sequence[Path], templates: Templates, prefix: str, on_progress: Callable[[str], None]
) -> _Counts:
    counts = _Counts()
    for path in paths:
        for line in _lines(path):
            counts.lines += 1
            if not counts.lines % 100_000:
                on_progress(f"{counts.lines:,} lines of the access log")
            asked = request_of(line)
            if asked is not None:
                _take(asked, counts, templates, prefix)
            elif line.strip():
                counts.unread += 1
                counts.first_unread = counts.first_unread or counts.lines
    return counts


def _take(asked: Asked, counts: _Counts, templates: Templates, prefix: str) -> None:
    counts.requests += 1
    path = unquote(asked.path, errors="replace")
    refused = asked.status in _REFUSED
    is_ours = not prefix or path == prefix or path.startswith(prefix + "/")
    method = WEBSOCKET if asked.status == 101 else asked.method
    route = templates.match(method, path[len(prefix) :] or "/") if is_ours else ""
    if route:
        counts.routes[route] += 1
        counts.refused[route] += refused
        return
    counts.elsewhere += 1
    shape = shape_of(method, path)
    if shape in counts.shapes or len(counts.shapes) < _MOST_SHAPES:
        counts.shapes[shape] += 1
        counts.shapes_refused[shape] += refused
    if not prefix:
        begins = ""
        for part in path.split("/")[1:3]:
            begins += "/" + part
            known = begins in counts.without or len(counts.without) < _MOST_SHAPES
            if known and templates.match(method, path[len(begins) :] or "/"):
                counts.without[begins] += 1


def shape_of(method: str, path: str) -> str:
    """The method and path with what may be an id or a secret left out."""
    parts = path.split("/")[1:]
    told = ["{…}" if _VARIABLE.match(part) else part for part in parts[:4]]
    return f"{method} /{'/'.join(told)}{'/…' if len(parts) > 4 else ''}"


# --- lines -----------------------------------------------------------------------------------------------------------


def _lines(path: Path) -> Iterator[bytes]:
    """The lines of a file, compressed by gzip or not; of one longer than any request the beginning."""
    try:
        with _opened(path) as file:
            whole = True
            while line := file.readline(_LONGEST_LINE):
                if whole:
                    yield line
                whole = line.endswith(b"\n")
    except (OSError, EOFError, zlib.error) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise UsageError(f"the access log {path} cannot be read: {reason}") from error


def _opened(path: Path) -> BinaryIO:
    file = path.open("rb")
    if file.peek(2)[:2] != b"\x1f\x8b":
        return file
    file.close()
    return cast(BinaryIO, gzip.open(path, "rb"))


def request_of(line: bytes) -> Asked | None:
    """The request that a line tells of; None where it holds none that can be understood."""
    text = line.lstrip()
    if text.startswith(b"{"):
        return _from_json(text)
    if b"\x1b" in line:
        line = _COLOURS.sub(b"", line)
    return _from_text(line)


def _from_text(line: bytes) -> Asked | None:
    found = _REQUEST.search(line)
    if found is not None:
        return _asked(found[1].decode(), found[2].decode("utf-8", "replace"), int(found[3]))
    connection = _CONNECTION.search(line)
    if connection is None:
        return None
    return _asked(WEBSOCKET, connection[1].decode("utf-8", "replace"), int(connection[2] or 101))


def _from_json(line: bytes) -> Asked | None:
    try:
        fields = json.loads(line)
    except (ValueError, RecursionError):
        return None
    if not isinstance(fields, dict):
        return None
    found = _fields(fields)
    for each in fields.values():
        if isinstance(each, dict):
            found = {**_fields(each), **found}
    method, path, status = (found.get(name) for name in ("method", "path", "status"))
    if method is None and path is None:
        for each in fields.values():
            if not isinstance(each, str):
                continue
            # the line of a server within a record of its logger, or nginx's `$request`
            if (told := _from_text(_COLOURS.sub(b"", each.encode("utf-8", "replace")))) is not None:
                return told
            if (request := _REQUEST_LINE.fullmatch(each)) is not None:
                method, path = request[1], request[2]
    try:
        number = int(cast(str, status))
    except (TypeError, ValueError):
        return None
    if not isinstance(method, str) or not isinstance(path, str) or not 100 <= number <= 599:
        return None
    return _asked(method.upper(), path, number)


def _fields(fields: Mapping[str, Any]) -> dict[str, Any]:
    by_name = {"".join(filter(str.isalpha, name)).lower(): value for name, value in fields.items()}
    return {
        what: next((by_name[name] for name in names if name in by_name), None)
        for what, names in _NAMES.items()
        if any(name in by_name for name in names)
    }


def _asked(method: str, target: str, status: int) -> Asked | None:
    """A target is a path, or a whole URL where it is told to a proxy."""
    try:
        path = target.partition("?")[0] if target.startswith("/") else urlsplit(target).path or "/"
    except ValueError:
        return None
    return Asked(method, path, status) if path.startswith("/") else None
