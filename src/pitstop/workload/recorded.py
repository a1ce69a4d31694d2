"""Recorded requests as a workload: JSON lines, one request a line, or the HAR file of a browser or proxy."""

from __future__ import annotations

import base64
import os
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Self, TypeVar
from urllib.parse import quote, urlsplit

import msgspec

from pitstop.data import Skipped
from pitstop.errors import TargetError, UsageError
from pitstop.target.model import Target
from pitstop.target.process import Completed
from pitstop.temporary import TemporaryFolder
from pitstop.traces.records import Exchange, Run
from pitstop.workload.failures import broken_off, explain
from pitstop.workload.model import Ending, NeverEnded, NothingRan, NotStarted, Passed, Replay

T = TypeVar("T")

_FORBIDDEN = frozenset(
    {
        "host",
        "content-length",
        "transfer-encoding",
        "connection",
        "accept-encoding",
        "expect",
        "upgrade",
        "http2-settings",
    }
    | {"keep-alive", "te", "trailer", "proxy-connection", "proxy-authorization"}
)
"""Headers that the sender sets anew; `:authority` and the like of HTTP/2 are no headers at all."""

_MASKED = "hash:"
_PATH_CHARACTERS = "/:@!$&'()*+,;=~-._"
"""What stands for itself in a path (RFC 3986); a recorded path is decoded, one in a file is as it goes on the wire."""


class Request(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One request to send. `body` is base64; `path` is percent-encoded, `query` has no question mark."""

    method: str
    path: str
    query: str = ""
    headers: tuple[tuple[str, str], ...] = ()
    body: str = ""


class _Named(msgspec.Struct, frozen=True):
    name: str
    value: str


class _PostData(msgspec.Struct, frozen=True):
    text: str = ""
    encoding: str = ""


class _HarRequest(msgspec.Struct, frozen=True, rename="camel"):
    method: str
    url: str
    headers: tuple[_Named, ...] = ()
    post_data: _PostData | None = None


class _Entry(msgspec.Struct, frozen=True):
    request: _HarRequest


class _Log(msgspec.Struct, frozen=True):
    entries: tuple[_Entry, ...] = ()


class _Har(msgspec.Struct, frozen=True):
    log: _Log


def read_requests(path: Path, host: str = "") -> tuple[Request, ...]:
    """The requests of a file, JSON lines or HAR. Of a HAR file only those to one host: `host`, or that of the first.

    Raises UsageError with the line when the file cannot be read.
    """
    try:
        raw = path.read_bytes()
    except OSError as error:
        raise UsageError(f"the requests in {path} cannot be read: {error.strerror}") from error
    raw = raw.removeprefix(b"\xef\xbb\xbf")
    if path.suffix.lower() == ".har" or _looks_like_har(raw):
        return tuple(_from_har(raw, path, host))
    requests: list[Request] = []
    decoder = msgspec.json.Decoder(Request)
    for number, line in enumerate(raw.splitlines(), 1):
        if line.strip():
            try:
                requests.append(decoder.decode(line))
            except msgspec.DecodeError as error:
                raise UsageError(
                    f"{path}:{number} is not a request: {error}",
                    'A line is {"method": "GET", "path": "/items", "query": "", "headers": [["name", "value"]], '
                    '"body": "<base64>"}.',
                ) from error
    return tuple(requests)


def _looks_like_har(raw: bytes) -> bool:
    head = raw[:4096].lstrip()
    return head.startswith(b"{") and b'"log"' in head.split(b":", 1)[0]


def _from_har(raw: bytes, path: Path, host: str) -> Iterator[Request]:
    try:
        har = msgspec.json.decode(raw, type=_Har)
    except msgspec.DecodeError as error:
        raise UsageError(
            f"{path} is not a HAR file: {error}", "Save it anew with the browser's network tools."
        ) from error
    for entry in har.log.entries:
        request = entry.request
        url = urlsplit(request.url)
        host = host or url.netloc
        if url.netloc != host:
            continue
        body = ""
        if request.post_data is not None:
            text = request.post_data.text
            body = (
                text if request.post_data.encoding == "base64" else base64.b64encode(text.encode()).decode()
            )
        yield Request(
            method=request.method.upper(),
            path=url.path or "/",
            query=url.query,
            headers=tuple(sendable_headers((header.name, header.value) for header in request.headers)),
            body=body,
        )


def sendable_headers(headers: Iterable[tuple[str, str]]) -> Iterator[tuple[str, str]]:
    """The headers of a recorded request that are sent again."""
    for name, value in headers:
        if name.lower() not in _FORBIDDEN and not name.startswith(":"):
            yield name.lower(), value


def from_run(run: Run) -> tuple[tuple[Request, ...], tuple[Skipped, ...]]:
    """The requests of a run, to be sent again, and those that cannot be.

    Needs a run recorded with `bodies` and `replayable`; a request whose secret headers were masked, or whose body was
    not kept, would be another request.
    """
    requests: list[Request] = []
    skipped: list[Skipped] = []
    for exchange in run.exchanges:
        reason = _not_again(exchange)
        if reason:
            skipped.append(Skipped(stage="record", subject=exchange.key, reason=reason))
            continue
        requests.append(
            Request(
                method=exchange.method,
                path=quote(exchange.path, safe=_PATH_CHARACTERS),
                query=exchange.query,
                headers=tuple(sendable_headers(exchange.request_headers)),
                body=exchange.request_body.text,
            )
        )
    return tuple(requests), tuple(skipped)


def _not_again(exchange: Exchange) -> str:
    if exchange.is_connection:
        return "a WebSocket connection cannot be sent again"
    masked = [name for name, value in exchange.request_headers if value.startswith(_MASKED)]
    if masked:
        return f"its header {masked[0]} was masked: record with `replayable`"
    if not exchange.request_body and exchange.request_bytes:
        return "its body was not kept"
    length = next((v for k, v in exchange.request_headers if k.lower() == "content-length"), "0")
    if not exchange.request_body and length.isdigit() and int(length):
        return f"the service answered {exchange.status} without reading its body, so that is not known"
    # A digest stands for it, and is shorter; one that looks like a digest and is none is as long as what was read.
    if exchange.request_bytes > len(exchange.request_body):
        return f"its body of {exchange.request_bytes} bytes is too large to be kept"
    return ""


def write_requests(path: Path, requests: Iterable[Request]) -> int:
    """Write requests as JSON lines, for their owner alone: they hold credentials. Returns how many. Raises UsageError."""
    with Recording(path, replace=True) as recording:
        for request in requests:
            recording.add(request)
    return recording.count


class Recording:
    """A file of requests that grows by whole lines, and that its owner alone may read: it holds credentials."""

    def __init__(self, path: Path, *, replace: bool = False) -> None:
        """Make the file. Raises UsageError where it cannot be made, or is there already and is not to be replaced."""
        self.path = path
        self.count = 0
        self._size = 0
        try:
            self._file = os.open(
                path, os.O_WRONLY | os.O_CREAT | (os.O_TRUNC if replace else os.O_EXCL), 0o600
            )
            os.fchmod(self._file, 0o600)
        except FileExistsError:
            raise UsageError(f"there is already a file {path}", "Name another one, or remove it.") from None
        except OSError as error:
            raise _unwritable(path, error) from error

    def add(self, request: Request) -> None:
        """Write one request. Raises UsageError where there is no room for it; then the file ends with the one before."""
        line = memoryview(msgspec.json.encode(request) + b"\n")
        try:
            written = 0
            while written < len(line):
                written += os.write(self._file, line[written:])
        except OSError as error:
            with suppress(OSError):
                os.ftruncate(self._file, self._size)
            raise _unwritable(self.path, error) from error
        self._size += len(line)
        self.count += 1

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        os.close(self._file)


def _unwritable(path: Path, error: OSError) -> UsageError:
    return UsageError(f"{path} cannot be written: {error.strerror}", "Name a file in a folder of yours.")


@contextmanager
def sendable(workload: T) -> Iterator[T | Replay]:
    """The workload in a form that can be run: requests are read, whatever their format, before anything is started.

    Raises UsageError where there is nothing to send.
    """
    if not isinstance(workload, Replay):
        yield workload
        return
    requests = read_requests(workload.requests)
    if not requests:
        raise UsageError(
            f"there is no request in {workload.requests}",
            "`pitstop measure --record FILE` makes such a file.",
        )
    with TemporaryFolder() as folder:
        path = folder.path / "requests.jsonl"
        write_requests(path, requests)
        yield Replay(requests=path, offline=any(map(_is_made_up, requests)))


def _is_made_up(request: Request) -> bool:
    """Whether schemathesis made a request: a recording may hold its requests, and stays as harmless as they were."""
    return any(name == "user-agent" and value.startswith("schemathesis/") for name, value in request.headers)


def replay_command(target: Target, requests: Path) -> list[str]:
    """The command that sends the requests to the app within one process. Raises TargetError when there is no app."""
    if target.app is None:
        raise TargetError(
            f"no app was found in {target.root} to send requests to", "Name it: `--app module:name`."
        )
    python = str(target.interpreter.path)
    return [python, "-m", "pitstop_probe.replay", target.app.spec, "--requests", str(requests.absolute())]


def ending(completed: Completed, run: Run) -> Ending:
    """How a replay ended."""
    sent = len(run.exchanges)
    if completed.timed_out:
        return NeverEnded(
            after_s=completed.duration_s,
            passed=sent,
            last=run.exchanges[-1].endpoint if run.exchanges else "",
        )
    began = sent or any(each.requests for each in run.dropped)
    if began and (completed.returncode or not run.ends):
        return broken_off(completed.output, completed.returncode, run)
    if completed.returncode:
        cause, hint = explain(completed.output, completed.returncode)
        return NotStarted(cause=cause, hint=hint, output=completed.output)
    return Passed(passed=sent) if sent else NothingRan(reason="there were no requests to send")
