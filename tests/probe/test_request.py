"""A request as it is gathered and encoded, without an app around it."""

from __future__ import annotations

import hashlib
import tempfile
import threading
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from pitstop.traces.reading import read_run
from pitstop.traces.records import Exchange
from pitstop_probe.changes import row_hash
from pitstop_probe.clock import SECOND, Clock
from pitstop_probe.encoding import FEW_STATEMENTS, Later, Texts, is_small
from pitstop_probe.request import (
    CURRENT,
    LARGEST_BODY,
    SMALL_BODY,
    Request,
    Series,
    Size,
    begun,
    digest,
    opened,
    settled,
)

JSON = [(b"Content-Type", b"application/json")]
START = {"type": "http.response.start", "status": 200, "headers": JSON}


async def nothing() -> Any:
    return None


def request(series: Series | None = None, **scope: Any) -> Request:
    given = {"method": "GET", "path": "/x", "query_string": b"", "headers": [(b"host", b"h")], **scope}
    series = series or Series("", "")
    made = opened(series, next(series.numbers), None, given)
    made.server_send = lambda _message: nothing()
    made.begun = 1e-6
    made.ended = 4e-6
    return made


def send(made: Request, *messages: dict[str, Any]) -> Request:
    for message in messages:
        made.send(message).close()  # type: ignore[attr-defined]  # a coroutine that nobody awaits
    return made


class Written(Texts):
    """Texts whose records are kept in the order in which they were written, with the frames of requests."""

    def __init__(self, bodies: bool = True) -> None:
        self.file = bytearray()
        super().__init__(self._take, replayable=False, bodies=bodies)

    def _take(self, text: str) -> bool:
        self.file += text.encode() + b"\n"
        return True


def read(made: Request, texts: Written | None = None) -> Exchange:
    texts = texts or Written()
    texts.file += Later(made, texts).encode()
    with tempfile.TemporaryDirectory() as name:
        (Path(name) / "1.jsonl").write_bytes(texts.file)
        run = read_run(Path(name))
    assert not run.skipped
    return run.exchanges[-1]


def part(body: Any, more: bool = False) -> dict[str, Any]:
    return {"type": "http.response.body", "body": body, "more_body": more}


@pytest.mark.parametrize(
    ("parts", "body"),
    [
        ([b"whole"], b"whole"),
        ([b"", b"late"], b"late"),
        ([b"a", b"b", b"", b"c"], b"abc"),
        ([bytearray(b"array")], b"array"),
        ([memoryview(b"view"), b"!"], b"view!"),
        ([None], b""),
        ([], b""),
        ([b"\xff\x00" * (SMALL_BODY // 2)], b"\xff\x00" * (SMALL_BODY // 2)),
    ],
)
def test_what_was_sent_is_told(parts: list[Any], body: bytes) -> None:
    made = send(request(), START, *[part(each, True) for each in parts], part(b""))
    exchange = read(made)
    assert (exchange.status, exchange.body, exchange.response_bytes) == (200, body, len(body))
    assert not made.error


def test_a_part_that_the_app_uses_again_is_kept_as_it_was_sent() -> None:
    buffer = bytearray(b"first")
    message = part(buffer, True)
    made = send(request(), START, message)
    buffer[:] = b"other"
    send(made, message)
    message.update(body=b"third", more_body=False)
    send(made, message)
    message["body"] = b"never sent"
    assert read(made).body == b"firstotherthird"


def test_a_message_that_cannot_be_read_goes_on_to_the_server() -> None:
    made = send(request(), START, {"type": "http.response.body", "body": 5})
    assert read(made).error == "pitstop.unreadable_message"


@pytest.mark.parametrize("parts", [1, 2])
def test_a_body_too_large_is_its_hash(parts: int) -> None:
    body = b"x" * (LARGEST_BODY + 2)
    half = len(body) // parts
    made = send(request(), *[part(body[at : at + half]) for at in range(0, len(body), half)])
    exchange = read(made)
    assert exchange.response_bytes == len(body)
    assert exchange.body == b"sha256:" + hashlib.sha256(body).hexdigest().encode()


def test_without_bodies_only_the_size_is_told() -> None:
    made = request()
    made.sent = Size()
    exchange = read(send(made, START, part(b"12", True), part(b"345")), Written(bodies=False))
    assert (exchange.response_bytes, exchange.body) == (5, b"")
    assert (exchange.request_headers, exchange.response_headers) == ((), ())


def test_what_differs_is_never_taken_from_a_request_alike() -> None:
    texts = Written()
    series = Series("tests/a.py::b", "setup-")
    changes: list[dict[str, Any]] = [
        {},
        {"method": "POST"},
        {"path": "/y"},
        {"query_string": b"q=1"},
        {"headers": [(b"host", b"other")]},
        {"headers": [[b"host", b"h"]]},
    ]
    for _ in range(2):
        for change in changes:
            exchange = read(send(request(series, **change), START, part(b"{}")), texts)
            assert exchange.method == change.get("method", "GET")
            assert exchange.path == change.get("path", "/x")
            assert exchange.query == change.get("query_string", b"").decode()
            assert exchange.request_headers == (
                ("host", "other" if change.get("headers") == [(b"host", b"other")] else "h"),
            )
    for name, given, told, value in (
        ("place", (None, None, "/{x}", True), "route", "/{x}"),
        ("place", (None, None, "/{x}", False), "loop", False),
        ("status", 404, "status", 404),
        ("response_headers", (), "response_headers", ()),
    ):
        made = send(request(series), START, part(b"{}"))
        setattr(made, name, given)
        other = read(made, texts)
        assert getattr(other, told) == value
        assert getattr(read(send(request(series), START, part(b"{}")), texts), told) != value
    assert other.key == f"tests/a.py::b#setup-{2 * len(changes) + 7}"
    assert other.test == "tests/a.py::b"


def test_lines_are_those_of_this_request() -> None:
    texts = Written()
    texts.lines_of = lambda numbers: [("a.py", number) for number in sorted(numbers)]
    for hits in ({1}, {1, 2}, None, {1}):
        made = request()
        made.hits = dict.fromkeys(hits or ())
        assert read(made, texts).lines == tuple(("a.py", number) for number in sorted(hits or ()))


def test_a_request_is_small_until_something_large_comes() -> None:
    assert is_small(send(request(), START, part(b"x" * SMALL_BODY)))
    large = send(request(), START, part(b"x" * (SMALL_BODY + 1)))
    assert not is_small(large)
    assert Later(large, Written()).size > SMALL_BODY
    many = request()
    many.statements.append(begun("SELECT 1", "SELECT", None, 0, True, 2_000))
    assert not many.plain
    assert is_small(many)
    assert [each.operation for each in read(many).statements] == ["SELECT"]
    many.statements.extend(many.statements * FEW_STATEMENTS)
    assert not is_small(many)


@pytest.mark.parametrize("kept", [True, False])
def test_a_received_body_is_told(kept: bool) -> None:
    made = request()
    if not kept:
        made.sent = Size()
    parts = [b"que", b"", b"stion"]

    async def receive() -> dict[str, Any]:
        return {"type": "http.request", "body": parts.pop(0), "more_body": bool(parts)}

    made.server_receive = receive
    assert (made.received_whole, read(made).request_bytes) == (b"", 0)
    while parts:
        with pytest.raises(StopIteration):
            made.receive().send(None)
    told = read(made)
    assert told.request_bytes == 8
    assert told.request_body.content == (b"question" if kept else b"")
    assert made.received_whole == (b"question" if kept else None)


def test_bodies_that_are_not_kept_take_no_room() -> None:
    texts = Written(bodies=False)
    empty = Later(request(), texts).size
    large = request()
    large.sent, large.received = Size(), Size()
    large.sent.size = large.received.size = 1 << 40
    assert Later(large, texts).size == empty


def test_threads_of_one_request_share_its_lists_and_its_clock() -> None:
    clock = Clock(7, 1_700_000_000)
    made = request()
    made.started = clock.latest
    ready = threading.Barrier(8)
    found: list[tuple[int, int]] = []

    def look() -> None:
        CURRENT.set(made)
        ready.wait()
        found.append((id(made.statements), id(clock.moment())))

    threads = [threading.Thread(target=look) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(set(found)) == 1


def test_the_clock_goes_on_whether_or_not_a_request_looks_at_it() -> None:
    clock = Clock(7, 1_700_000_000)
    for looks in (False, True, False):
        made = request()
        clock.latest = made.started = clock.latest + 1.0
        if looks:
            token = CURRENT.set(made)
            clock.slept(10, polling=False)
            assert clock.time_ns() == int(made.started) * SECOND + 10 * SECOND
            CURRENT.reset(token)
        if made.moment is not None:
            clock.after_request(made.moment)
        assert clock.time_ns() == int(made.started) * SECOND + (10 * SECOND if looks else 0) + SECOND // 2
    assert made.started == 1_700_000_000 + 2 + 10 + 1


def of(moment: datetime) -> str:
    return row_hash({"at": moment})


def test_which_reading_of_the_clock_a_row_has_is_not_told_apart() -> None:
    at = datetime(2026, 11, 22, 20, 31, 14, tzinfo=UTC)
    steps = [at.replace(microsecond=number) for number in (0, 1, 2, 999, 1000, 500_001, 500_002)]
    zero, first, second, last, beyond, half, half_too = [of(step) for step in steps]
    assert first == second == last
    assert half == half_too
    assert len({zero, first, beyond, half}) == 4
    assert of(at) != of(at.replace(tzinfo=None))
    assert of(at) != of(at.replace(second=15))
    assert row_hash({"at": str(steps[1])}) == row_hash({"at": str(steps[2])}) != row_hash({"at": str(at)})


def test_what_is_sent_is_told_apart_but_for_steps_of_the_clock() -> None:
    sent = [
        f'{{"at": "2026-11-22T20:31:{end}"}}'.encode()
        for end in ("14.000001Z", "14.000002Z", "14Z", "15.000001Z")
    ]
    assert [settled(each) for each in sent[2:]] == [sent[2], b'{"at": "2026-11-22T20:31:15.000~Z"}']
    assert settled(sent[0]) == settled(sent[1])
    assert digest("no moment .000123") != digest("no moment .000124")
