"""What grows with the data, and what a filled copy holds."""

from __future__ import annotations

import msgspec

from pitstop.measures import FilledDatabase, FilledTable, Growth, RouteSummary
from pitstop.reports.full import render
from tests.reports.sample import REPORT

ROUTE = RouteSummary(
    route="GET /x", requests=3, errors=0, p50_ms=4, p95_ms=5, p99_ms=6, cpu_ms=1, statements=12, rows=100,
    database_ms=2, blocked_ms=0, bytes=800,
)  # fmt: skip


def text(**changes: object) -> str:
    return render(msgspec.structs.replace(REPORT, verdicts=(), **changes), width=160)


def grown(before: RouteSummary, now: RouteSummary) -> list[str]:
    shown = text(routes=(now,), growth=Growth(small=100, large=1000, routes=(before,), larger=(now,)))
    return shown[shown.index("What grows with the data; 100 → 1,000 rows") :].splitlines()[1:4]


def test_counts_that_grow_are_told() -> None:
    lines = grown(ROUTE, msgspec.structs.replace(ROUTE, statements=102, rows=1000, p50_ms=40))
    assert " ".join(lines[1].split()) == "GET /x 12 → 102 100 → 1,000 800 → 800 2 → 2 4 → 40"
    assert lines[2].strip() == "0 routes with about the same counts"


def test_counts_that_stay_are_not() -> None:
    for now in (
        ROUTE,
        msgspec.structs.replace(ROUTE, statements=13, rows=140, bytes=900, p50_ms=400, database_ms=300),
    ):
        assert grown(ROUTE, now)[0].strip() == "1 route with about the same counts"


def test_a_route_of_one_size_alone_is_left() -> None:
    shown = text(
        routes=(ROUTE,),
        growth=Growth(
            small=100, large=1000, routes=(msgspec.structs.replace(ROUTE, route="GET /y"),), larger=(ROUTE,)
        ),
    )
    assert "0 routes with about the same counts" in shown
    assert "another status" not in shown


def test_requests_that_were_answered_otherwise_are_counted() -> None:
    shown = text(routes=(), growth=Growth(small=100, large=1000, routes=(), otherwise=3))
    assert "3 requests answered with another status than with fewer rows: not compared" in shown


def test_a_filled_copy() -> None:
    tables = (
        FilledTable(name="orders", before=3, after=1000, wanted=1000),
        FilledTable(name="links", before=0, after=12, wanted=1000),
    )
    shown = text(filled=FilledDatabase(url="copies/x.db", tables=tables, created=True), findings=())
    part = shown[shown.index("Rows; the tables were made by") :].splitlines()
    assert [" ".join(line.split()) for line in part[1:4]] == [
        "table before after wanted",
        "orders 3 1,000 1,000",
        "links 0 12 1,000",
    ]
    assert "The filled copy: copies/x.db" in shown
    assert "Nothing found" not in shown


def test_why_parents_have_fewer_rows_is_said() -> None:
    parent = FilledTable(name="users", before=0, after=100, wanted=100)
    child = FilledTable(name="orders", before=0, after=1000, wanted=1000)
    full = FilledTable(name="users", before=700, after=700, wanted=700)
    said = [
        "a tenth of the rows"
        in text(filled=FilledDatabase(url="x.db", tables=tables, created=False), findings=())
        for tables in ((parent, child), (child, child), (full, child))
    ]
    assert said == [True, False, False]
