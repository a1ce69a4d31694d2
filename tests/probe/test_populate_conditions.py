"""Conditions of CHECK constraints: read, judged as the database judges them, and satisfied."""

from __future__ import annotations

import datetime as dt
import random
import re
import sqlite3
from contextlib import closing
from typing import Any

import pytest

from pitstop_probe.populate import words
from pitstop_probe.populate.conditions import UnknownError, holds
from pitstop_probe.populate.expressions import UnreadableError, columns, read
from pitstop_probe.populate.mending import Mender
from pitstop_probe.populate.patterns import matching

NOW = dt.datetime(2026, 11, 22)  # noqa: DTZ001  # as most columns have it

BY_BOTH = [
    "a > 5 AND b <= 7",
    "a > b OR s IS NULL",
    "NOT (a = 3 OR b = 3)",
    "a BETWEEN 2 AND 6",
    "a NOT BETWEEN 2 AND 6 AND b <> 1",
    "a IN (1, 2, 3)",
    "a NOT IN (1, 2, NULL)",
    "s IN ('x', 'yy''z')",
    "s LIKE 'x%'",
    "s NOT LIKE '_b%'",
    "length(s) >= 3",
    "length(trim(s)) > 0",
    "s = lower(s)",
    "(a IS NULL) <> (b IS NULL)",
    "a IS NOT NULL AND (b IS NULL OR a < b)",
    "a + b * 2 > 9 - 1",
    "a % 3 = 1",
    "-a < -2",
    "coalesce(a, 0) + coalesce(b, 0) > 3",
    "abs(a - b) <= 2",
    '"a" >= 1.5',
    "t.a < t.b",
    "CASE_ = 1 OR a = 1",
    "s || 'k' = 'xk'",
    "CAST(a AS INTEGER) > 2",
    "a IS TRUE OR b IS NOT FALSE",
    "a / 2 = 1",
]


def rows(count: int, seed: int = 3) -> list[dict[str, Any]]:
    chance = random.Random(seed)
    texts = [None, "x", "yy'z", "abc", "Xb", "xbc", "  ", ""]
    return [
        {
            "a": chance.choice([None, *range(9)]),
            "b": chance.choice([None, *range(9)]),
            "s": chance.choice(texts),
            "case_": 2,
        }
        for _ in range(count)
    ]


@pytest.mark.parametrize("text", BY_BOTH)
def test_a_condition_is_judged_as_sqlite_judges_it(text: str) -> None:
    node = read(text)
    with closing(sqlite3.connect(":memory:")) as connection:
        connection.execute("PRAGMA case_sensitive_like = ON")
        for row in rows(200):
            sql = f"SELECT {text} FROM (SELECT :a AS a, :b AS b, :s AS s, :case_ AS case_) AS t"
            (said,) = connection.execute(sql, row).fetchone()
            assert holds(node, row, NOW) == (None if said is None else bool(said)), row


def mender(conditions: list[str], seed: int = 5) -> tuple[Mender, list[Any]]:
    chance = random.Random(seed)
    nodes = [read(text) for text in conditions]
    fresh = {
        "a": lambda: chance.randrange(1_000),
        "b": lambda: chance.randrange(1_000),
        "s": lambda: chance.choice(["amber", "desk", "Kettle"]),
        "day": lambda: dt.date(2025, 1, 1),
        "end": lambda: dt.date(2025, 1, 1),
        "price": lambda: words.text("t", "price") and 5.25,
    }
    return Mender(nodes, fresh, set(), {"a", "b", "s"}, chance, NOW), nodes


@pytest.mark.parametrize(
    "conditions",
    [
        *([text] for text in BY_BOTH if "CASE_" not in text and "|| 'k'" not in text and "a + b" not in text),
        ["a > 3 AND a < 7", "b >= a", "b <= 9"],
        ["day < end", "end <= '2025-03-01'"],
        ["price > 7.5 AND price < 7.75"],
        ["length(s) = 12", "s = upper(s)"],
        ["num_nonnulls(a, b) = 1"],
        ["s ~ '^[a-z]{2}[0-9]+$'"],
        ["s ~~ 'k%'::text AND s !~~ '%z'"],
        ["(s = 'one' AND a IS NOT NULL) OR (s = 'two' AND a IS NULL AND b = 4)"],
        ["s::text = ANY (ARRAY['new'::character varying, 'old'::character varying]::text[])"],
        ["((a IS NOT NULL)::integer + (b IS NOT NULL)::integer) = 1"],
        ["5 <= a", "10 > a"],
    ],
    ids=" & ".join,
)
def test_a_row_that_violates_a_condition_is_mended(conditions: list[str]) -> None:
    mend, nodes = mender(conditions)
    day = dt.date(2025, 1, 1)
    starts: list[dict[str, Any]] = [{"a": 500, "b": 3, "s": "amber"}, {"a": None, "b": None, "s": None}]
    for start in [*starts, *rows(20)]:
        row: dict[str, Any] = {**start, "day": day, "end": day, "price": 5.25}
        for _ in range(30):
            violated = [node for node in nodes if holds(node, row, NOW) is False]
            if not violated:
                break
            mend.turn(violated[0], row)
        assert [holds(node, row, NOW) for node in nodes].count(False) == 0, row


@pytest.mark.parametrize(
    "text",
    [
        "CASE WHEN a = 1 THEN b ELSE 0 END",
        "a = ANY (SELECT 1)",
        "(a, b) = (1, 2)",
        "a > ALL (ARRAY[1])",
        "a IS DISTINCT FROM b",
        "a >",
        "a NOT",
        "s GLOB 'x*'",
        "a ? b",
        "",
        "a = 1 b",
        "EXTRACT(year FROM day) > 3",
    ],
)
def test_what_is_not_understood_is_left_to_the_database(text: str) -> None:
    with pytest.raises(UnreadableError):
        read(text)


@pytest.mark.parametrize("text", ["jsonb_typeof(a) = 'x'", "missing > 1", "a > 'text'", "s ~ '['"])
def test_what_only_the_database_can_work_out(text: str) -> None:
    with pytest.raises(UnknownError):
        holds(read(text), {"a": 1, "s": "x"}, NOW)


def test_a_part_that_is_certain_decides_past_one_that_is_not_known() -> None:
    row = {"a": 1}
    assert holds(read("mystery(a) AND a = 2"), row, NOW) is False
    assert holds(read("mystery(a) OR a = 1"), row, NOW) is True
    with pytest.raises(UnknownError):
        holds(read("mystery(a) AND a = 1"), row, NOW)


def test_the_columns_of_a_condition() -> None:
    assert columns(read("lower(A) = \"B c\" OR t.d IN ('e', f)")) == {"a", "b c", "d", "f"}
    assert columns(None) == set()


def test_moments_are_compared_with_text_and_with_each_other() -> None:
    utc = dt.timezone.utc  # noqa: UP017
    row = {"at": dt.datetime(2025, 1, 2, tzinfo=utc), "day": dt.date(2025, 1, 2)}
    assert holds(read("at > '2025-01-01 00:00:00'"), row, NOW) is True
    assert holds(read("day < '2025-01-01'"), row, NOW) is False
    assert holds(read("at <= now() AND day = at"), row, NOW) is True


@pytest.mark.parametrize(
    "pattern",
    [
        r"^[A-Z]{3}-\d{2,4}$", r"^(red|green|blue)$", r"\A[^@\s]+@[^@\s]+\.[a-z]{2,}\Z", r"^\+?[1-9]\d{1,14}$", r"^[a-z0-9]+(?:-[a-z0-9]+)*$",
        r"^.{4}\w\W\s$", r"^#[0-9a-fA-F]{6}$", r"^a[^b]c*?d+$",
    ],
)  # fmt: skip
def test_text_that_matches_a_pattern(pattern: str) -> None:
    chance = random.Random(1)
    found = [matching(pattern, chance) for _ in range(50)]
    assert [text for text in found if not re.search(pattern, text)] == []


def test_a_pattern_that_python_cannot_read() -> None:
    with pytest.raises(ValueError, match="not one that Python reads"):
        matching("[[:alpha:", random.Random(1))


@pytest.mark.parametrize(
    "name", ["email", "username", "title", "code", "slug", "url", "anything", "phone", "token"]
)
@pytest.mark.parametrize("length", [None, 4, 6, 12, 40])
def test_distinct_text_is_distinct_and_fits(name: str, length: int | None) -> None:
    make = words.distinct(*words.text("users", name), length)
    chance = random.Random(2)
    found = [make(chance, number) for number in range(1, 40_000, 7)]
    assert len({text.lower() for text in found}) == len(found)
    assert length is None or max(map(len, found)) <= length


def test_a_name_is_read_in_every_spelling() -> None:
    assert words.parts("createdAt") == words.parts("created_at") == ["created", "at"]
    assert words.choices("payment_status") == words.CHOICES["status"]
    assert words.choices("content_type") == words.CHOICES["mimetype"]
    assert words.choices("email") is None
