"""Advice on indexes, as a person reads it."""

from __future__ import annotations

import msgspec

from pitstop.reports.full import render
from pitstop.trials import Advice, DuplicateIndex, IndexAdvice, StatementTrial, Untried, UnusedIndex
from tests.reports.sample import REPORT

TRIAL = StatementTrial(
    statement="SELECT id FROM orders WHERE user_id = ?",
    count=40,
    routes=("GET /a", "GET /b", "GET /c"),
    before_ms=30,
    after_ms=0.15,
    before_work=81_950,
    after_work=450,
)
INDEX = IndexAdvice(
    table="orders",
    columns=("user_id",),
    ddl="CREATE INDEX ix_orders_user_id ON orders (user_id)",
    statements=(TRIAL,),
    work_unit="steps",
    size_bytes=1 << 20,
    build_ms=20,
    saved_ms=1194,
    insert_us_before=4.5,
    insert_us_after=6,
)


def text(advice: Advice | None) -> str:
    return render(msgspec.structs.replace(REPORT, verdicts=(), indexes=advice), width=200)


def test_what_an_index_gains_and_costs() -> None:
    shown = text(Advice(suggested=(INDEX,)))
    lines = [line.strip() for line in shown[shown.index("Indexes worth having") :].splitlines()]
    assert lines[2] == INDEX.ddl
    assert lines[3].endswith(
        "GET /a, GET /b and 1 more: 30 → 0.15 ms (200×), 81,950 → 450 steps, sent 40 times"
    )
    assert lines[4] == TRIAL.statement
    assert lines[5].split(maxsplit=1)[1] == "1,194 ms in this run"
    assert lines[6].split(maxsplit=1)[1] == "1 MB, 20 ms to build, 4.5 → 6 µs for each row put in"


def test_what_it_needs_and_what_it_replaces() -> None:
    more = msgspec.structs.replace(
        INDEX, together_with=("ix_b",), replaces=("ix_old",), statements=(TRIAL,) * 5, insert_us_before=None
    )
    shown = text(Advice(suggested=(more,)))
    assert "and 2 statements more" in shown
    assert "ix_b" in shown
    assert "ix_old" in shown
    assert "for each row put in" not in shown


def test_what_could_go() -> None:
    idle = UnusedIndex(name="ix_x", table="orders", columns=("x",), size_bytes=1 << 21, statements=4)
    double = DuplicateIndex(name="ix_d", table="orders", columns=("a",), size_bytes=1 << 20, of="ix_a_b")
    shown = text(
        Advice(unused=(idle,) * 10, duplicates=(double,), untried=(Untried(subject="x", reason="late"),))
    )
    assert "ix_d on orders (a), 1 MB: ix_a_b" in shown
    assert shown.count("ix_x on orders (x), 2 MB; 4 statements on the table") == 8
    assert "… 2 more in --format json" in shown
    assert "1 statement not tried" in shown


def test_why_no_index_was_tried_is_said() -> None:
    small = Untried(subject="", reason="none of the 4 statements takes 3,000 steps")
    shown = text(Advice(untried=(small,)))
    assert "No index was tried: none of the 4 statements takes 3,000 steps" in shown
    assert "not tried, in" not in shown


def test_nothing_to_say() -> None:
    assert "ndex" not in text(Advice()).partition("Routes, before")[2]
    assert text(None) == text(Advice())
