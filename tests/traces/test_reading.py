"""Files of records that end in their middle, or hold what no probe wrote."""

from __future__ import annotations

import struct
from pathlib import Path

import pytest

from pitstop.traces.reading import read_run

ALIKE = b'{"type":"alike","id":7,"test":"t","key":"t#","method":"GET","path":"/x","status":200}\n'
MOMENTS = (-1.0, 12.5, -55.0, 12.75)


def frame(
    number: int, moments: tuple[float, ...] = MOMENTS, rest: bytes = b'{"work":3,"work_unit":"rows"}'
) -> bytes:
    sizes = len(moments), 7, 4, len(rest)
    return (
        struct.pack(f"{9 + len(moments)}d", *sizes, number, 1_700_000_000, 12.0, 13.0, 0.25, *moments)
        + b"{\n}\0"
        + rest
    )


def test_a_frame_is_told_with_what_it_shares(tmp_path: Path) -> None:
    (tmp_path / "5.jsonl").write_bytes(ALIKE + frame(1) + b'{"type":"end","of":2}\n' + frame(2, (), b""))
    run = read_run(tmp_path)
    one, two = run.exchanges
    assert (one.key, one.test, one.method, one.path, one.status) == ("t#1", "t", "GET", "/x", 200)
    assert (one.start_ns, one.duration_ns, one.cpu_ns) == (
        1_700_000_000_000_000_000,
        1_000_000_000,
        250_000_000,
    )
    assert (one.body, one.response_bytes, one.work, one.work_unit) == (b"{\n}\0", 4, 3, "rows")
    assert (one.origin, one.moments) == (12_000_000_000, (1, 12_500_000_000, 55, 12_750_000_000))
    assert (two.key, two.work, two.moments) == ("t#2", None, ())
    assert [each.of for each in run.ends] == [2]
    assert not run.skipped


def test_a_file_may_end_anywhere(tmp_path: Path) -> None:
    whole = ALIKE + frame(1) + frame(2)
    ends = [len(ALIKE), len(ALIKE) + len(frame(1)), len(whole)]
    for size in range(len(ALIKE), len(whole) + 1):
        (tmp_path / "5.jsonl").write_bytes(whole[:size])
        run = read_run(tmp_path)
        assert len(run.exchanges) == sum(end <= size for end in ends[1:])
        assert bool(run.skipped) is (size not in ends)


@pytest.mark.parametrize(
    "stray", [b"\n" * 50, b"text of another program " * 9, b"\xff" * 99, struct.pack("4d", -1, 7, 0, 0)]
)
def test_what_is_no_record_is_said(tmp_path: Path, stray: bytes) -> None:
    (tmp_path / "5.jsonl").write_bytes(ALIKE + frame(1) + stray)
    run = read_run(tmp_path)
    assert len(run.exchanges) == 1
    assert "cannot be read" in run.skipped[0].reason


def test_a_request_whose_other_part_is_missing_is_said(tmp_path: Path) -> None:
    (tmp_path / "5.jsonl").write_bytes(frame(1) + ALIKE + frame(2))
    run = read_run(tmp_path)
    assert [each.key for each in run.exchanges] == ["t#2"]
    assert "in common" in run.skipped[0].reason


def test_moments_that_two_threads_have_torn_apart_are_left_out(tmp_path: Path) -> None:
    torn = [(-1.0, -11.0, 12.5, 12.25), (-1.0,), (1.0, 2.0)]
    (tmp_path / "5.jsonl").write_bytes(ALIKE + b"".join(frame(n, each) for n, each in enumerate(torn)))
    run = read_run(tmp_path)
    assert [each.moments for each in run.exchanges] == [(), (), ()]
