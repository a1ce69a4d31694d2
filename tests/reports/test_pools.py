"""Pools of connections in the report."""

from __future__ import annotations

import msgspec

from pitstop.measures import ServedRun
from pitstop.reports.full import render

from .sample import POOLS, REPORT

MEASURED = msgspec.structs.replace(REPORT, verdicts=(), memory=None)


def test_pools_are_told_with_their_routes() -> None:
    said = render(MEASURED, width=200)
    assert (
        "AsyncAdaptedQueuePool of postgresql (blog/db.py:7): 5 connections and 10 more; 4 processes (Dockerfile) may open 60; "
        "the server takes 97" in said
    )
    assert "QueuePool of sqlite: 5 connections and any number more" in said
    (me,) = [line for line in said.splitlines() if "5,000 a s" in line]
    assert me.split() == ["GET", "/me", "12", "3", "2", "0", "0", "5,000", "a", "s"]
    assert "never" in said


def test_what_the_rate_that_was_sent_needs_is_told() -> None:
    run = ServedRun(
        kind="at a rate", requests=1, failed=0, seconds=1, p50_ms=1, p95_ms=1, p99_ms=1, cpu_ms=1, cores=1,
        memory_start_mb=1, memory_peak_mb=1, memory_end_mb=1, wanted_per_s=50,
    )  # fmt: skip
    said = render(msgspec.structs.replace(MEASURED, served=(run,)), width=200)
    assert "at 50 reading requests a second 12 of 15 connections are taken on average" in said
    assert "on average" not in render(MEASURED, width=200)


def test_one_pool_of_one_process_without_more() -> None:
    alone = msgspec.structs.replace(POOLS[0], size=1, overflow=0, workers=1, server_limit=None)
    said = render(msgspec.structs.replace(MEASURED, pools=(alone,)), width=200)
    assert "(blog/db.py:7): 1 connection\n" in said


def test_where_times_say_nothing_nothing_is_said_of_pools() -> None:
    assert "Connections held" in render(MEASURED, width=200)
    for silent in ({"pools": ()}, {"verdicts": REPORT.verdicts}, {"memory": ()}):
        assert "Connections held" not in render(msgspec.structs.replace(MEASURED, **silent), width=200)
