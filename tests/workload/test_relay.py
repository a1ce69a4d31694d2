"""Requests as they are read from what a client sends, in whatever pieces it comes."""

from __future__ import annotations

import base64
import resource
from pathlib import Path

import pytest

from pitstop.errors import UsageError
from pitstop.measures import Passed
from pitstop.workload import relay as module
from pitstop.workload.recorded import Recording, Request, read_requests, write_requests
from pitstop.workload.relay import Relay, _Seen

GET = b"GET /a?b=c HTTP/1.1\r\nHost: x\r\nAccept: */*\r\n\r\n"
POST = (
    b"POST /b HTTP/1.1\r\nhost: x\r\ncontent-length: 5\r\nX-Name: \xfc\r\nexpect: 100-continue\r\n\r\nhello"
)
CHUNKED = b"PUT /c HTTP/1.1\r\nhost: x\r\ntransfer-encoding: chunked\r\n\r\n3;x=y\r\nabc\r\n2\r\nde\r\n0\r\nx-trailer: 1\r\n\r\n"
H2C = b"GET /d HTTP/1.1\r\nhost: x\r\nconnection: Upgrade, HTTP2-Settings\r\nupgrade: h2c\r\nhttp2-settings: AAMAAABkAAQA\r\n\r\n"
SOCKET = b"GET /ws HTTP/1.1\r\nhost: x\r\nconnection: upgrade\r\nupgrade: WebSocket\r\nsec-websocket-key: a\r\n\r\n"


def seen(*pieces: bytes) -> tuple[list[Request], Passed]:
    requests: list[Request] = []
    relay = Relay(("127.0.0.1", 1), requests.append)
    reader = _Seen(relay)
    for piece in pieces:
        reader.feed(piece)
    reader.forget()
    assert relay.held == 0
    return requests, relay.passed


@pytest.mark.parametrize("size", [1, 7, 100_000])
def test_one_after_the_other_on_one_connection_in_any_pieces(size: int) -> None:
    whole = GET + POST + CHUNKED + H2C + GET
    requests, passed = seen(*(whole[at : at + size] for at in range(0, len(whole), size)))
    assert [(each.method, each.path, each.query) for each in requests] == [
        ("GET", "/a", "b=c"),
        ("POST", "/b", ""),
        ("PUT", "/c", ""),
        ("GET", "/d", ""),
        ("GET", "/a", "b=c"),
    ]
    assert [base64.b64decode(each.body) for each in requests] == [b"", b"hello", b"abcde", b"", b""]
    assert [dict(each.headers) for each in requests[:4]] == [
        {"accept": "*/*"},
        {"x-name": "ü"},
        {"x-trailer": "1"},
        {},
    ]
    assert passed == Passed(requests=5)


def test_after_a_websocket_began_nothing_is_read_any_more() -> None:
    requests, passed = seen(GET + SOCKET + GET, GET)
    assert (len(requests), passed) == (1, Passed(requests=1, connections=1))


@pytest.mark.parametrize(
    "garbage",
    [
        b"\x16\x03\x01\x02\x00", b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", b"GET\r\n\r\n", b"GET /\xc3\xa9 HTTP/1.1\r\n\r\n",
        b"GET / HTTP/1.1\r\nx: " + b"y" * (2 << 20) + b"\r\n\r\n", b"POST / HTTP/1.1\r\ncontent-length: -1\r\n\r\n",
    ],
)  # fmt: skip
def test_what_cannot_be_read_is_counted_once(garbage: bytes) -> None:
    requests, passed = seen(GET + garbage, GET)
    assert (len(requests), passed) == (1, Passed(requests=1, unreadable=1))


@pytest.mark.parametrize(
    ("target", "path", "query"),
    [
        (b"http://x/a/b?c", "/a/b", "c"), (b"//x/y", "//x/y", ""), (b"/a%2Fb/%C3%A9", "/a%2Fb/%C3%A9", ""),
        (b"/a??b", "/a", "?b"), (b"/a;b=c,d", "/a;b=c,d", ""),
    ],
)  # fmt: skip
def test_a_target_as_it_goes_on_the_wire(target: bytes, path: str, query: str) -> None:
    (request,), _ = seen(b"GET " + target + b" HTTP/1.1\r\n\r\n")
    assert (request.path, request.query) == (path, query)


def test_targets_that_are_no_path_are_counted() -> None:
    requests, passed = seen(b"OPTIONS * HTTP/1.1\r\n\r\n" + GET)
    assert (len(requests), passed.unreadable) == (1, 1)


def test_a_body_too_large_leaves_the_others(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_LARGEST_BODY", 5)
    large = POST.replace(b"content-length: 5", b"content-length: 6") + b"!"
    requests, passed = seen(POST + large + GET, POST)
    assert [each.path for each in requests] == ["/b", "/a", "/b"]
    assert passed == Passed(requests=3, too_large=1)


def test_all_bodies_under_way_have_one_bound(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_MOST_HELD", 7)
    requests: list[Request] = []
    relay = Relay(("127.0.0.1", 1), requests.append)
    one, other = _Seen(relay), _Seen(relay)
    one.feed(POST[:-1])
    other.feed(POST[:-1])
    assert relay.held == 4
    one.feed(POST[-1:])
    other.feed(POST[-1:])
    assert (len(requests), relay.passed.too_large, relay.held) == (1, 1, 0)


def test_a_recording_is_its_owners_alone_whatever_was_there_before(tmp_path: Path) -> None:
    path = tmp_path / "requests.jsonl"
    path.write_text("old\n" * 10, "utf-8")
    path.chmod(0o644)
    with pytest.raises(UsageError, match="already a file"):
        Recording(path)
    assert write_requests(path, [Request(method="GET", path="/")]) == 1
    assert path.stat().st_mode & 0o777 == 0o600
    assert [each.path for each in read_requests(path)] == ["/"]


def test_a_full_disk_leaves_whole_lines(tmp_path: Path) -> None:
    path = tmp_path / "requests.jsonl"
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    with Recording(path) as recording:
        recording.add(Request(method="GET", path="/"))
        resource.setrlimit(resource.RLIMIT_FSIZE, (100, before[1]))
        try:
            with pytest.raises(UsageError, match="cannot be written"):
                recording.add(Request(method="GET", path="/" + "x" * 200))
        finally:
            resource.setrlimit(resource.RLIMIT_FSIZE, before)
    assert [each.path for each in read_requests(path)] == ["/"]
    assert path.stat().st_size < 100
