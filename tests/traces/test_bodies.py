"""Bodies that are left where the probe wrote them."""

from __future__ import annotations

import base64
import json
import os
import struct
import tracemalloc
from pathlib import Path

import pytest

from pitstop.traces.bodies import NOTHING, Body, Records
from pitstop.traces.reading import read_run


def write(path: Path, bodies: list[tuple[bytes, bytes]]) -> None:
    """Records of requests with these bodies, and answers with those, and one that is cut short."""
    alike = {"type": "alike", "id": 1, "key": "replay#", "method": "POST", "path": "/"}
    with path.open("wb") as file:
        file.write(json.dumps(alike).encode() + b"\n")
        for number, (asked, answered) in enumerate(bodies, 1):
            rest = json.dumps({"request_body": base64.b64encode(asked).decode()}).encode()
            file.write(
                struct.pack("9d", 0, 1, len(answered), len(rest), number, 0, 1, 2, 0) + answered + rest
            )
        file.write(struct.pack("2d", 0, 1))


def test_bodies_are_there_after_the_records_were_removed(tmp_path: Path) -> None:
    path = tmp_path / "1.jsonl"
    same = b"same" * 1000
    write(path, [(b"", b"x"), (same, same), (b"a" * 5000, b"b" * 4999), ("\u00e9".encode() * 300, same)])
    run = read_run(tmp_path)
    path.unlink()
    small, equal, large, last = run.exchanges
    assert (small.request_body, small.body) == (NOTHING, b"x")
    assert (large.request_body.content, large.body) == (b"a" * 5000, b"b" * 4999)
    assert (len(large.request_body), len(large.response_body), len(small.response_body)) == (5000, 4999, 1)
    assert equal.request_body == equal.response_body == last.response_body != last.request_body
    assert last.request_body.content.decode() == "\u00e9" * 300
    assert len({each.response_body for each in run.exchanges}) == 3
    assert not small.request_body
    assert small.response_body


def test_a_body_in_memory_is_as_one_in_a_file(tmp_path: Path) -> None:
    write(tmp_path / "1.jsonl", [(b"", b"x" * 1000)])
    (exchange,) = read_run(tmp_path).exchanges
    text = base64.b64encode(b"x" * 1000).decode()
    assert exchange.response_body == Body(text)
    assert hash(exchange.response_body) == hash(Body(text))
    assert exchange.response_body.text == text
    assert exchange.response_body != text


def test_records_that_were_written_over_are_no_bodies(tmp_path: Path) -> None:
    path = tmp_path / "1.jsonl"
    write(path, [(b"", b"x" * 1000)])
    length = path.stat().st_size
    body = Body(base64.b64encode(b"x" * 1000).decode(), Records(path), 0, length)
    assert body.content == b"x" * 1000
    write(path, [(b"", b"y" * 1000)])
    with pytest.raises(ValueError, match="changed while they were used"):
        body.content  # noqa: B018  # it is read here


def test_large_bodies_take_little_memory(tmp_path: Path) -> None:
    write(tmp_path / "1.jsonl", [(os.urandom(10_000), os.urandom(20_000)) for _ in range(300)])
    read_run(tmp_path)
    tracemalloc.start()
    run = read_run(tmp_path)
    held, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert len(run.exchanges) == 300
    assert held < 300 * 3000
