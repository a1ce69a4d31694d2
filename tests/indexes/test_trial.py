from __future__ import annotations

import msgspec
import pytest

from pitstop.indexes.candidates import Candidate
from pitstop.indexes.catalogue import Column, Key, Table
from pitstop.indexes.choosing import _best, _does_as_well, _may_help, _why_not
from pitstop.indexes.trial import Built, Outcome, _expected, _measured, _outcome, helps
from pitstop.trials import StatementTrial

TABLE = Table(name="t", columns={name: Column(name=name) for name in "abc"}, rows=5000)


def trial(
    name: str, before: float, after: float, before_ms: float, after_ms: float, count: int = 1
) -> StatementTrial:
    return StatementTrial(
        statement=name,
        count=count,
        routes=(),
        before_ms=before_ms,
        after_ms=after_ms,
        before_work=before,
        after_work=after,
    )


def outcome(columns: str, *uses: StatementTrial, expected: bool = False) -> Outcome:
    made = Candidate(table=TABLE, keys=tuple(Key(column=name) for name in columns))
    built = Built(candidate=made, name=columns, ddl="", columns=tuple(columns), build_ms=1, size_bytes=1)
    return _outcome((made,), (built,), list(uses), _expected if expected else _measured)


@pytest.mark.parametrize(
    ("before", "after", "before_ms", "after_ms", "does"),
    [
        (1000, 500, 4, 2, True),
        (1000, 501, 4, 2, False),
        (1000, 500, 4, 2.1, False),
        (1000, 1, 4, 3, False),
        (1000, 900, 4, 0.1, False),
        (1000, 400, 0.9, 0.4, False),
        (1000, 400, 1.5, 0.5, True),
        (1000, 250, 0.5, 0.1, True),
    ],
)
def test_an_index_helps_by_both_measures_or_not_at_all(
    before: float, after: float, before_ms: float, after_ms: float, does: bool
) -> None:
    assert helps(trial("x", before, after, before_ms, after_ms)) is does


def test_what_is_saved_is_of_the_whole_workload_less_what_is_slowed() -> None:
    made = outcome(
        "a",
        trial("better", 1000, 10, 5, 1, count=10),
        trial("more work", 1000, 1200, 2, 3, count=4),
        trial("more time", 1000, 990, 2, 4, count=3),
        trial("the same", 1000, 980, 2, 2.9, count=1000),
    )
    assert made.helped == ("better",)
    assert made.slowed == ("more work", "more time")
    assert made.saved_ms == pytest.approx(10 * 4 - 4 * 1 - 3 * 2)


def test_candidates_are_put_in_order_by_work_not_by_the_clock() -> None:
    narrow = outcome("a", trial("x", 1000, 20, 5, 0.9), expected=True)
    wide = outcome("ab", trial("x", 1000, 10, 5, 0.1), expected=True)
    worse = outcome("c", trial("x", 1000, 400, 5, 0.05), expected=True)
    assert _best([worse, wide, narrow]) is narrow
    assert _best([worse, wide]) is wide
    more = outcome("bc", trial("x", 1000, 20, 5, 0.9), trial("y", 1000, 20, 0.1, 0.01), expected=True)
    assert _best([narrow, more]) is more  # it helps one more statement


def test_a_wider_index_takes_the_place_of_one_whose_statements_it_serves_as_well() -> None:
    narrow = outcome("a", trial("x", 1000, 20, 5, 1))
    assert _does_as_well(outcome("ab", trial("x", 1000, 30, 5, 1)), narrow)
    assert not _does_as_well(outcome("ab", trial("x", 1000, 31, 5, 1)), narrow)
    assert not _does_as_well(outcome("ab", trial("x", 1000, 20, 5, 4)), narrow)
    assert not _does_as_well(outcome("ab", trial("y", 1000, 20, 5, 1)), narrow)


def test_a_statement_that_had_to_be_stopped_rules_an_index_out() -> None:
    made = msgspec.structs.replace(outcome("a", trial("x", 1000, 20, 5, 1)), is_ruinous=True)
    assert not _may_help(made)
    assert "many times as long" in _why_not(made)
