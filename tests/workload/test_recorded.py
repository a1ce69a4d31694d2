from __future__ import annotations

import base64
import json
from pathlib import Path

import msgspec
import pytest

from pitstop.errors import UsageError
from pitstop.traces.bodies import Body
from pitstop.traces.records import Exchange, Run
from pitstop.workload.recorded import Request, from_run, read_requests, write_requests


def har(*entries: dict[str, object]) -> str:
    return json.dumps(
        {"log": {"version": "1.2", "entries": [{"request": entry, "response": {}} for entry in entries]}}
    )


def test_har(tmp_path: Path) -> None:
    file = tmp_path / "session.har"
    headers = [
        {"name": ":authority", "value": "x"},
        {"name": "Host", "value": "x"},
        {"name": "Content-Length", "value": "9"},
        {"name": "Accept", "value": "*/*"},
    ]
    file.write_text(
        har(
            {"method": "get", "url": "http://api.test:8000/a%20b?x=1&y=%C3%A9", "headers": headers},
            {"method": "POST", "url": "http://api.test:8000", "postData": {"text": "é"}},
            {
                "method": "POST",
                "url": "http://api.test:8000/b",
                "postData": {"text": "AAE=", "encoding": "base64"},
            },
            {"method": "GET", "url": "http://fonts.test/x.woff"},
        )
    )
    assert read_requests(file) == (
        Request(method="GET", path="/a%20b", query="x=1&y=%C3%A9", headers=(("accept", "*/*"),)),
        Request(method="POST", path="/", body=base64.b64encode("é".encode()).decode()),
        Request(method="POST", path="/b", body="AAE="),
    )
    assert [request.path for request in read_requests(file, "fonts.test")] == ["/x.woff"]


def test_har_by_its_content(tmp_path: Path) -> None:
    file = tmp_path / "session.json"
    file.write_text("\ufeff" + har({"method": "GET", "url": "http://x/a"}), "utf-8")
    assert read_requests(file)[0].path == "/a"


@pytest.mark.parametrize(
    ("name", "content", "says"),
    [
        ("a.jsonl", '{"method": "GET", "path": "/"}\n\n{"path": "/x"}\n', ":3 is not a request"),
        ("a.jsonl", "not json", ":1 is not a request"),
        ("a.har", '{"log": 3}', "is not a HAR file"),
        ("a.har", "", "is not a HAR file"),
    ],
)
def test_files_that_cannot_be_read(tmp_path: Path, name: str, content: str, says: str) -> None:
    (tmp_path / name).write_text(content)
    with pytest.raises(UsageError, match=says) as raised:
        read_requests(tmp_path / name)
    assert raised.value.hint


def test_no_file(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="cannot be read"):
        read_requests(tmp_path / "none.jsonl")
    with pytest.raises(UsageError, match="cannot be written"):
        write_requests(tmp_path / "none" / "x.jsonl", [])


def test_a_body_that_the_service_did_not_read() -> None:
    length = (("content-length", "3"),)
    exchange = Exchange(key="t#1", method="POST", path="/", status=403, request_headers=length)
    requests, skipped = from_run(Run(exchanges=(exchange,)))
    assert requests == ()
    said = "the service answered 403 without reading its body, so that is not known"
    assert skipped[0].reason == said
    read = msgspec.structs.replace(exchange, request_bytes=3)
    assert from_run(Run(exchanges=(read,)))[1][0].reason == "its body was not kept"


def test_a_body_that_no_header_tells_the_size_of_was_not_kept() -> None:
    exchange = Exchange(key="t#1", method="POST", path="/", request_bytes=3)
    requests, skipped = from_run(Run(exchanges=(exchange,)))
    assert requests == ()
    assert skipped[0].reason == "its body was not kept"


def test_only_a_digest_that_stands_for_a_larger_body_is_not_sent() -> None:
    digest = b"sha256:" + b"0" * 64
    kept = [
        Exchange(
            key=f"t#{size}",
            method="POST",
            path="/",
            request_body=Body(base64.b64encode(digest).decode()),
            request_bytes=size,
        )
        for size in (9_000_000, len(digest))
    ]
    requests, skipped = from_run(Run(exchanges=tuple(kept)))
    assert [base64.b64decode(request.body) for request in requests] == [digest]
    assert [(each.subject, each.reason) for each in skipped] == [
        ("t#9000000", "its body of 9000000 bytes is too large to be kept")
    ]


def test_a_connection_cannot_be_sent_again() -> None:
    connection = Exchange(key="t#1", method="WEBSOCKET", path="/ws", status=101)
    requests, skipped = from_run(Run(exchanges=(connection, Exchange(key="t#2", method="GET", path="/"))))
    assert [request.path for request in requests] == ["/"]
    assert [(each.subject, each.reason) for each in skipped] == [
        ("t#1", "a WebSocket connection cannot be sent again")
    ]
